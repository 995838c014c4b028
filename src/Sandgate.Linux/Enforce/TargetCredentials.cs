using System.Buffers.Text;
using System.Runtime.InteropServices;
using Sandgate.Linux.Confine;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Enforce;

/// <summary>
/// Lets a thread of the supervisor act with the rights of the program's thread (credentials(7)): file
/// system ids, groups and capabilities are a thread's own in the kernel, only libc makes them a process's.
/// </summary>
/// <remarks>
/// Until some process of the tree makes a call that can change them (all such calls stop), the
/// program has the supervisor's, but for the capabilities that it gave up at its start.
/// </remarks>
internal sealed unsafe class TargetCredentials
{
    private const int CAP_SYS_PTRACE = 19, CapabilityVersion3 = 0x20080522;

    private static readonly Ids s_own = Ids.Read("/proc/self/status\0"u8) ?? throw new InvalidOperationException("/proc is needed.");
    [ThreadStatic]
    private static (Ids Ids, ulong Capabilities)? s_assumed;

    private volatile bool _mayDiffer = BeginsWithOthers();

    /// <summary>Once true, it stays true.</summary>
    public bool MayDiffer
    {
        get => _mayDiffer || BeginsWith is not null;
        set => _mayDiffer |= value;
    }

    /// <summary>True when the rights of each thread are read anew for each call.</summary>
    public bool AreReadAnew => _mayDiffer;

    /// <summary>The effective capabilities that every program begins with, where they aren't the supervisor's but for CAP_SYS_PTRACE.</summary>
    public ulong? BeginsWith { get; set; }

    /// <summary>The paths and ports that Landlock holds the program to, and nobody else; null when it doesn't.</summary>
    public LandlockWall? Wall { get; set; }

    /// <summary>Takes over the rights of a stopped thread until the scope is disposed of.</summary>
    /// <param name="threadId">The thread.</param>
    /// <param name="within">
    /// True for a file by which a user namespace is set up: there the kernel asks whoever opened it, and whoever writes to it besides, so
    /// that the capabilities inside the namespace count.
    /// </param>
    /// <param name="real">True for access(2), which asks for the real ids, and for all capabilities if that is root's.</param>
    public Scope Assume(int threadId, bool within = false, bool real = false)
    {
        if (!_mayDiffer)
            return AssumeFirst();
        Span<byte> path = stackalloc byte[ProcPath.Room];
        new ProcPath(path).Add("/proc/"u8).Add(threadId).Add("/status"u8);
        if (Ids.Read(path) is not { } wanted)
            return Scope.Refused;
        ulong effective = wanted.Capabilities;
        if (real)
            (wanted, effective) = (wanted with { User = wanted.RealUser, Group = wanted.RealGroup }, wanted.RealUser == 0 ? wanted.Permitted : 0);
        ulong capabilities = within || IsOfOwnNamespace(threadId) ? effective & s_own.Capabilities : 0;
        if (wanted.User == s_own.User && wanted.Group == s_own.Group && wanted.Groups.AsSpan().SequenceEqual(s_own.Groups) && capabilities == s_own.Capabilities)
            return default;
        if (!Become(wanted, capabilities))
            return Scope.Refused;
        s_assumed = (wanted, capabilities);
        return new(Restores: true);
    }

    /// <summary>Gives this thread the supervisor's capabilities again, which a change of its effective user id has taken.</summary>
    public static void Regain() => SetCapabilities(s_own.Capabilities);

    // Nobody has changed anything since: there is nothing to be read.
    private Scope AssumeFirst()
    {
        if (BeginsWith is not { } capabilities || capabilities == s_own.Capabilities)
            return default;
        SetCapabilities(capabilities);
        s_assumed = (s_own, capabilities);
        return new(Restores: true);
    }

    /// <summary>Takes back the supervisor's own rights for a moment: what it may read of the program it may not by the program's rights.</summary>
    public static Pause AsSelf()
    {
        if (s_assumed is null)
            return default;
        Become(s_own, s_own.Capabilities);
        return new(WasAssumed: true);
    }

    /// <summary>The end of such a moment.</summary>
    /// <param name="WasAssumed">True when rights are to be taken over again.</param>
    public readonly record struct Pause(bool WasAssumed) : IDisposable
    {
        /// <inheritdoc/>
        public void Dispose()
        {
            if (WasAssumed && s_assumed is var (ids, capabilities))
                Become(ids, capabilities);
        }
    }

    /// <summary>
    /// Does without CAP_SYS_PTRACE until the scope is disposed of: what the supervisor may see of other
    /// processes in /proc is more than the program may. Of itself a process may see everything.
    /// </summary>
    /// <param name="path">The real path of what is looked at.</param>
    /// <param name="threadId">The program's thread.</param>
    public static Scope WithoutPtrace(string path, int threadId)
    {
        if (!path.StartsWith("/proc/", StringComparison.Ordinal) || path.StartsWith($"/proc/{Decode.ProcessFacts.ProcessOf(threadId)}/", StringComparison.Ordinal))
            return default;
        const ulong Ptrace = 1ul << CAP_SYS_PTRACE;
        if ((s_own.Capabilities & Ptrace) == 0)
            return default;
        SetCapabilities(s_own.Capabilities & ~Ptrace);
        return new(Restores: true);
    }

    /// <summary>Rights that are given back when it is disposed of.</summary>
    /// <param name="Restores">True when something was changed.</param>
    public readonly record struct Scope(bool Restores) : IDisposable
    {
        /// <summary>The program's rights can't be told or taken over: nothing may be done for it.</summary>
        public static Scope Refused => new() { IsRefused = true };

        /// <summary>True when nothing may be done.</summary>
        public bool IsRefused { get; private init; }

        /// <inheritdoc/>
        public void Dispose()
        {
            if (!Restores)
                return;
            Become(s_own, s_own.Capabilities);
            s_assumed = null;
        }
    }

    private static bool Become(in Ids ids, ulong capabilities)
    {
        // What is needed to change ids, first; what they may, last. setfsuid(2) takes and gives the capabilities on files by itself.
        SetCapabilities(s_own.Capabilities);
        fixed (uint* groups = ids.Groups)
        {
            // SAFETY: as many groups as the array has; the kernel reads nothing beyond.
            long result = Libc.Call(SyscallNumbers.setgroups, ids.Groups.Length, (long)groups);
            if (result < 0 && !ids.Groups.AsSpan().SequenceEqual(s_own.Groups))
                return false;
        }

        Libc.Call(SyscallNumbers.setfsgid, ids.Group);
        Libc.Call(SyscallNumbers.setfsuid, ids.User);
        SetCapabilities(capabilities);

        // They tell no failure; asked for an impossible id, they tell the present one.
        return (uint)Libc.Call(SyscallNumbers.setfsgid, uint.MaxValue) == ids.Group && (uint)Libc.Call(SyscallNumbers.setfsuid, uint.MaxValue) == ids.User;
    }

    private static void SetCapabilities(ulong effective)
    {
        uint* header = stackalloc uint[2] { CapabilityVersion3, 0 };
        uint* sets = stackalloc uint[6];

        // SAFETY: header and sets are as long as capget(2) says for version 3.
        if (Libc.Call(SyscallNumbers.capget, (long)header, (long)sets) < 0)
            return;
        (sets[0], sets[3]) = ((uint)effective & sets[1], (uint)(effective >> 32) & sets[4]);
        Libc.Call(SyscallNumbers.capset, (long)header, (long)sets);
    }

    /// <summary>True when a thread is in the supervisor's user namespace. In one of its own a program may have every capability, and none outside.</summary>
    public static bool IsOfOwnNamespace(int threadId)
    {
        Span<byte> path = stackalloc byte[ProcPath.Room], own = stackalloc byte[64], other = stackalloc byte[64];
        new ProcPath(path).Add("/proc/"u8).Add(threadId).Add("/ns/user"u8);
        int length = Files.ReadLink(Files.AT_FDCWD, path, other);
        int ownLength = Files.ReadLink(Files.AT_FDCWD, "/proc/self/ns/user\0"u8, own);
        return length > 0 && ownLength == length && own[..length].SequenceEqual(other[..length]);
    }

    // What a program of this user gets at its execve, when that isn't what the supervisor has (capabilities(7)).
    private static bool BeginsWithOthers()
    {
        const ulong Ptrace = 1ul << CAP_SYS_PTRACE;
        ulong gets = s_own.User == 0 ? s_own.Bounding | s_own.Inheritable : s_own.Ambient;
        return ((gets ^ s_own.Capabilities) & ~Ptrace) != 0;
    }

    private sealed record Ids(uint User, uint Group, uint[] Groups, ulong Capabilities, ulong Bounding, ulong Inheritable, ulong Ambient)
    {
        public uint RealUser { get; private init; }

        public uint RealGroup { get; private init; }

        public ulong Permitted { get; private init; }

        public static Ids? Read(ReadOnlySpan<byte> path)
        {
            // 65,536 groups are the most that a process can have (setgroups(2)); so many are rare.
            byte[] buffer = new byte[8192];
            int count = Files.ReadWhole(path, buffer);
            if (count == buffer.Length)
                count = Files.ReadWhole(path, buffer = new byte[1 << 20]);
            if (count <= 0)
                return null;
            ReadOnlySpan<byte> status = buffer.AsSpan(0, count);
            List<uint> groups = [];
            ReadOnlySpan<byte> line = Line(status, "\nGroups:\t"u8);
            while (Utf8Parser.TryParse(line, out uint group, out int used))
            {
                groups.Add(group);
                line = line[used..].TrimStart((byte)' ');
            }

            return new(Fourth(Line(status, "\nUid:\t"u8)), Fourth(Line(status, "\nGid:\t"u8)), [.. groups],
                Hex(status, "\nCapEff:\t"u8), Hex(status, "\nCapBnd:\t"u8), Hex(status, "\nCapInh:\t"u8), Hex(status, "\nCapAmb:\t"u8))
            {
                RealUser = First(Line(status, "\nUid:\t"u8)),
                RealGroup = First(Line(status, "\nGid:\t"u8)),
                Permitted = Hex(status, "\nCapPrm:\t"u8),
            };
        }

        private static ReadOnlySpan<byte> Line(ReadOnlySpan<byte> status, ReadOnlySpan<byte> label)
        {
            int at = status.IndexOf(label);
            if (at < 0)
                return [];
            ReadOnlySpan<byte> rest = status[(at + label.Length)..];
            int end = rest.IndexOf((byte)'\n');
            return end < 0 ? rest : rest[..end];
        }

        // Real, effective, saved, file system.
        private static uint Fourth(ReadOnlySpan<byte> line) =>
            Utf8Parser.TryParse(line[(line.LastIndexOf((byte)'\t') + 1)..], out uint id, out _) ? id : uint.MaxValue;

        private static uint First(ReadOnlySpan<byte> line) => Utf8Parser.TryParse(line, out uint id, out _) ? id : uint.MaxValue;

        private static ulong Hex(ReadOnlySpan<byte> status, ReadOnlySpan<byte> label) =>
            Utf8Parser.TryParse(Line(status, label), out ulong set, out _, 'x') ? set : 0;
    }
}
