using System.Buffers.Text;
using Sandgate.Linux.Decode;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Enforce.Sockets;

/// <summary>
/// Who a message on a unix socket comes from (SCM_CREDENTIALS, unix(7)). The kernel would say: the supervisor. It lets nobody say
/// otherwise who doesn't have CAP_SYS_ADMIN.
/// </summary>
internal static class SenderIdentity
{
    private const int CAP_SETGID = 6, CAP_SETUID = 7, CAP_SYS_ADMIN = 21;

    /// <summary>True when the supervisor can name the program as the sender.</summary>
    public static bool MayBeGiven { get; } = Has(CAP_SYS_ADMIN) && Has(CAP_SETUID) && Has(CAP_SETGID);

    /// <summary>Names a thread's process as the sender.</summary>
    public static void AddTo(OutgoingMessage message, int threadId)
    {
        Span<byte> path = stackalloc byte[ProcPath.Room], status = stackalloc byte[1024];
        new ProcPath(path).Add("/proc/"u8).Add(threadId).Add("/status"u8);
        int count = Files.ReadWhole(path, status);
        if (count <= 0)
            return;
        ReadOnlySpan<byte> lines = status[..count];
        message.AddCredentials((int)Number(lines, "\nTgid:\t"u8), Number(lines, "\nUid:\t"u8), Number(lines, "\nGid:\t"u8));
    }

    /// <summary>
    /// Adds a descriptor of a thread's process to a message on the program's channel, which the supervisor receives: where nobody else can
    /// be named as the sender, it learns from that who it is.
    /// </summary>
    public static void AddOrigin(OutgoingMessage message, int threadId) =>
        message.Pass((int)Libc.Call(SyscallNumbers.pidfd_open, ProcessFacts.ProcessOf(threadId), 0));

    /// <summary>True when the supervisor has a capability.</summary>
    public static bool Has(int capability)
    {
        Span<byte> status = stackalloc byte[4096];
        int count = Files.ReadWhole("/proc/self/status\0"u8, status);
        ReadOnlySpan<byte> label = "\nCapEff:\t"u8;
        int at = count > 0 ? status[..count].IndexOf(label) : -1;
        return at >= 0 && Utf8Parser.TryParse(status[(at + label.Length)..count], out ulong set, out _, 'x') && (set >> capability & 1) != 0;
    }

    private static uint Number(ReadOnlySpan<byte> lines, ReadOnlySpan<byte> label) =>
        lines.IndexOf(label) is >= 0 and var at && Utf8Parser.TryParse(lines[(at + label.Length)..], out uint number, out _) ? number : 0;
}
