using Sandgate.Linux.Confine;
using Sandgate.Linux.Enforce.Dumpable;
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

    private static readonly ThreadRights s_own = ThreadRights.Read("/proc/self/status\0"u8) ?? throw new InvalidOperationException("/proc is needed.");

    private static readonly byte[] s_ownNamespace = ReadOwnNamespace();

    [ThreadStatic]
    private static (ThreadRights Ids, ulong Capabilities)? s_assumed;

    // The supervisor's own ids, or its likeness to the program whose call this thread has in hand.
    [ThreadStatic]
    private static ThreadRights? s_near;

    private volatile bool _mayDiffer = BeginsWithOthers();

    private static ThreadRights Base => s_near ?? s_own;

    /// <summary>
    /// True when the supervisor may look only into processes with its own ids that let themselves be looked into: an ordinary user's, and
    /// root's in a container (ptrace(2), "Ptrace access mode checking").
    /// </summary>
    public static bool IsBlind { get; } = (s_own.Capabilities & Ptrace) == 0;

    /// <summary>True while this thread has other file system ids than the supervisor's, because it approached a program.</summary>
    public static bool IsNear => s_near is not null;

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

    /// <summary>What the program's processes are told of whether they are dumpable.</summary>
    public DumpableBook Dumpable { get; } = new();

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
        if (ThreadRights.Read(path) is not { } wanted)
            return Scope.Refused;
        Approach(wanted);
        ulong effective = wanted.Capabilities;
        if (real)
            (wanted, effective) = (wanted with { User = wanted.RealUser, Group = wanted.RealGroup }, wanted.RealUser == 0 ? wanted.Permitted : 0);
        ulong capabilities = within || IsOfOwnNamespace(threadId) ? effective & s_own.Capabilities : 0;
        if (HasIdsOf(wanted) && capabilities == s_own.Capabilities)
            return default;
        if (!Turn(wanted, capabilities))
            return Scope.Refused;
        s_assumed = (wanted, capabilities);
        return new(Restores: true);
    }

    /// <summary>
    /// Brings this thread as near to a thread of the program as looking into it needs, until it approaches another: where the supervisor is
    /// blind, its file system ids become the program's. Its capabilities stay.
    /// </summary>
    /// <remarks>Not its real ids: by those, everybody of that user could send signals to it (kill(2)). Memory is read through /proc for that, which asks for the others.</remarks>
    /// <returns>True when the ids were others before.</returns>
    public bool Approach(int threadId)
    {
        if (!IsBlind || !_mayDiffer)
            return false;
        Span<byte> path = stackalloc byte[ProcPath.Room];
        new ProcPath(path).Add("/proc/"u8).Add(threadId).Add("/status"u8);
        return Approach(ThreadRights.Read(path));
    }

    private static bool Approach(ThreadRights? seen)
    {
        ThreadRights? near = IsBlind && seen is { IsUniform: true } && (seen.RealUser, seen.RealGroup) != (s_own.User, s_own.Group)
            ? s_own with { User = seen.RealUser, Group = seen.RealGroup } : null;
        if (near == s_near)
            return false;
        if (!Become(near ?? s_own, s_own.Capabilities))
            Become(near = s_own, s_own.Capabilities);
        s_near = near == s_own ? null : near;
        return true;
    }

    /// <summary>Does something with the real ids, too, of the program that was approached: what asks for those (PTRACE_SEIZE) takes a moment.</summary>
    public static int WithRealIds(Func<int> act)
    {
        if (s_near is not { } near)
            return act();
        const long Unchanged = -1;
        Libc.Call(SyscallNumbers.setresgid, near.Group, Unchanged, Unchanged);
        Libc.Call(SyscallNumbers.setresuid, near.User, Unchanged, Unchanged);
        int result = act();
        Libc.Call(SyscallNumbers.setresuid, s_own.RealUser, Unchanged, Unchanged);
        Libc.Call(SyscallNumbers.setresgid, s_own.RealGroup, Unchanged, Unchanged);

        Settle();
        return result;
    }

    /// <summary>Takes the file system ids anew that this thread had: those go along with other ids that change (setresuid(2)).</summary>
    public static void Settle()
    {
        (ThreadRights ids, ulong capabilities) = s_assumed ?? (Base, s_own.Capabilities);
        Become(ids, capabilities);
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
        if (s_assumed is not var (ids, _))
            return default;
        Return(ids);
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
                Turn(ids, capabilities);
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
        return WithoutPtrace();
    }

    /// <summary>The same, whatever is looked at.</summary>
    public static Scope WithoutPtrace()
    {
        if (IsBlind)
            return default;
        SetCapabilities(s_own.Capabilities & ~Ptrace);
        return new(Restores: true);
    }

    /// <summary>CAP_SYS_PTRACE, which programs don't have, as a bit of a set of capabilities.</summary>
    public const ulong Ptrace = 1ul << CAP_SYS_PTRACE;

    /// <summary>
    /// Lets the supervisor look into a process for that process itself, until the scope is disposed of: it may see everything of itself, also where it lets
    /// nobody else.
    /// </summary>
    /// <param name="path">The real path of what is looked at.</param>
    /// <param name="threadId">The program's thread, whose rights were assumed.</param>
    public static Scope AsItself(string path, int threadId)
    {
        if (IsBlind || s_assumed is not var (_, capabilities) || !path.StartsWith($"/proc/{Decode.ProcessFacts.ProcessOf(threadId)}/", StringComparison.Ordinal))
            return default;
        SetCapabilities(capabilities | Ptrace);
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
            if (s_assumed is var (ids, _))
                Return(ids);
            else
                Become(Base, s_own.Capabilities);
            s_assumed = null;
        }
    }

    // Most programs that change their rights keep their ids: then capabilities are all that differs.
    private static bool HasIdsOf(ThreadRights other) =>
        other.User == Base.User && other.Group == Base.Group && other.Groups.AsSpan().SequenceEqual(s_own.Groups);

    private static bool Turn(ThreadRights ids, ulong capabilities)
    {
        if (!HasIdsOf(ids))
            return Become(ids, capabilities);
        SetCapabilities(capabilities);
        return true;
    }

    private static void Return(ThreadRights ids)
    {
        if (HasIdsOf(ids))
            SetCapabilities(s_own.Capabilities);
        else
            Become(Base, s_own.Capabilities);
    }

    private static bool Become(ThreadRights ids, ulong capabilities)
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
        Span<byte> path = stackalloc byte[ProcPath.Room], its = stackalloc byte[64];
        new ProcPath(path).Add("/proc/"u8).Add(threadId).Add("/ns/user"u8);
        int length = Files.ReadLink(Files.AT_FDCWD, path, its);
        return length > 0 && its[..length].SequenceEqual(s_ownNamespace);
    }

    private static byte[] ReadOwnNamespace()
    {
        byte[] own = new byte[64];
        return own[..Math.Max(0, Files.ReadLink(Files.AT_FDCWD, "/proc/self/ns/user\0"u8, own))];
    }

    // What a program of this user gets at its execve, when that isn't what the supervisor has (capabilities(7)).
    private static bool BeginsWithOthers()
    {
        ulong gets = s_own.User == 0 ? s_own.Bounding | s_own.Inheritable : s_own.Ambient;
        return ((gets ^ s_own.Capabilities) & ~Ptrace) != 0;
    }
}
