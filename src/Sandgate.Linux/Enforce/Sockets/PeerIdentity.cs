using System.Buffers.Text;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Enforce.Sockets;

/// <summary>
/// The effective ids of a thread of the program, for as long as the scope lasts on this thread of the supervisor: they are what the
/// other end of a unix socket is told (SO_PEERCRED, SCM_CREDENTIALS), and not the same as the rights on files.
/// </summary>
internal readonly struct PeerIdentity : IDisposable
{
    private const uint Same = uint.MaxValue;

    private readonly bool _changed;

    private static readonly (uint User, uint Group)? s_own = Read("/proc/self/status\0"u8);

    private PeerIdentity(bool changed, bool refused) => (_changed, IsRefused) = (changed, refused);

    /// <summary>True when the identity can't be told or taken over.</summary>
    public bool IsRefused { get; }

    /// <summary>Takes over the identity, and no rights: <see cref="TargetCredentials.Assume"/> must follow.</summary>
    public static PeerIdentity Assume(int threadId)
    {
        Span<byte> path = stackalloc byte[ProcPath.Room];
        new ProcPath(path).Add("/proc/"u8).Add(threadId).Add("/status"u8);
        if (Read(path) is not { } wanted || s_own is not { } own)
            return new(changed: false, refused: true);
        if (wanted == own)
            return default;

        // The C library would change all threads; the kernel changes this one.
        if (Libc.Call(SyscallNumbers.setresgid, Same, wanted.Group, Same) == 0 && Libc.Call(SyscallNumbers.setresuid, Same, wanted.User, Same) == 0)
        {
            // Which rights the program has, the supervisor can tell only by its own.
            TargetCredentials.Regain();
            return new(changed: true, refused: false);
        }

        GiveBack();
        return new(changed: false, refused: true);
    }

    /// <summary>The effective user and group of a thread; null when it is gone.</summary>
    public static (uint User, uint Group)? Of(int threadId)
    {
        Span<byte> path = stackalloc byte[ProcPath.Room];
        new ProcPath(path).Add("/proc/"u8).Add(threadId).Add("/status"u8);
        return Read(path);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_changed)
            GiveBack();
    }

    private static void GiveBack()
    {
        Libc.Call(SyscallNumbers.setresuid, Same, s_own!.Value.User, Same);
        Libc.Call(SyscallNumbers.setresgid, Same, s_own!.Value.Group, Same);
        TargetCredentials.Settle();
    }

    private static (uint User, uint Group)? Read(ReadOnlySpan<byte> path)
    {
        Span<byte> status = stackalloc byte[1024];
        int count = Files.ReadWhole(path, status);
        return count > 0 && Effective(status[..count], "\nUid:\t"u8) is { } user && Effective(status[..count], "\nGid:\t"u8) is { } group ? (user, group) : null;
    }

    // Real, effective, saved and file system id, with tabs between (proc(5)).
    private static uint? Effective(ReadOnlySpan<byte> lines, ReadOnlySpan<byte> label)
    {
        int at = lines.IndexOf(label);
        if (at < 0)
            return null;
        ReadOnlySpan<byte> ids = lines[(at + label.Length)..];
        return Utf8Parser.TryParse(ids[(ids.IndexOf((byte)'\t') + 1)..], out uint id, out _) ? id : null;
    }
}
