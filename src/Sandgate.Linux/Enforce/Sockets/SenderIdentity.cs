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

    /// <summary>Names a thread's process as the sender; or, where it names somebody itself, lets it name only whom it may.</summary>
    public static void Give(OutgoingMessage message, int threadId)
    {
        byte[] lines = StatusOf(threadId);
        if (message.HasCredentials)
            message.Translate(given => Outside(given, threadId, lines));
        else if (lines.Length > 0)
            message.AddCredentials((int)Number(lines, "\nTgid:\t"u8), Number(lines, "\nUid:\t"u8), Number(lines, "\nGid:\t"u8));
    }

    /// <summary>
    /// Where nobody else can be named as the sender: lets a process that names itself name the supervisor in its place, with its own ids. Without
    /// such a name in the message the kernel would say the same.
    /// </summary>
    public static void GiveOwn(OutgoingMessage message, int threadId)
    {
        if (!message.HasCredentials)
            return;
        byte[] lines = StatusOf(threadId);
        message.Translate(given => Outside(given, threadId, lines) is var (process, user, group) && process == ProcessFacts.ProcessOf(threadId) ? (Environment.ProcessId, user, group) : null);
    }

    // What the kernel asks of who names an identity (unix(7)). The program counts by its own namespaces.
    private static (int, uint, uint)? Outside((int Process, uint User, uint Group) named, int threadId, byte[] lines)
    {
        ulong capabilities = TargetCredentials.IsOfOwnNamespace(threadId) ? Set(lines) : 0;
        bool May(int capability) => (capabilities >> capability & 1) != 0;
        uint? user = IdMap.OfUsers(threadId) is { } users ? users.Outside(named.User) : named.User;
        uint? group = IdMap.OfGroups(threadId) is { } groups ? groups.Outside(named.Group) : named.Group;
        int process = named.Process == ProcessFacts.InnerIdsOf(threadId).Process ? ProcessFacts.ProcessOf(threadId)
            : May(CAP_SYS_ADMIN) && ProcessFacts.SharesPids(threadId) ? named.Process : 0;
        return process != 0 && user is { } u && group is { } g && (May(CAP_SETUID) || IsOneOf(u, lines, "\nUid:\t"u8)) && (May(CAP_SETGID) || IsOneOf(g, lines, "\nGid:\t"u8))
            ? (process, u, g) : null;
    }

    // Real, effective, saved, with tabs between; the fourth is the file system's (proc(5)).
    private static bool IsOneOf(uint id, ReadOnlySpan<byte> lines, ReadOnlySpan<byte> label)
    {
        int at = lines.IndexOf(label);
        ReadOnlySpan<byte> rest = at < 0 ? [] : lines[(at + label.Length)..];
        for (int i = 0; i < 3 && Utf8Parser.TryParse(rest, out uint own, out int used); i++)
        {
            if (own == id)
                return true;
            rest = rest[Math.Min(rest.Length, used + 1)..];
        }

        return false;
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
        byte[] status = new byte[4096];
        int count = Files.ReadWhole("/proc/self/status\0"u8, status);
        return (Set(status.AsSpan(0, Math.Max(0, count))) >> capability & 1) != 0;
    }

    // Nothing when it is gone.
    private static byte[] StatusOf(int threadId)
    {
        Span<byte> path = stackalloc byte[ProcPath.Room];
        new ProcPath(path).Add("/proc/"u8).Add(threadId).Add("/status"u8);
        byte[] status = new byte[4096];
        return status[..Math.Max(0, Files.ReadWhole(path, status))];
    }

    private static ulong Set(ReadOnlySpan<byte> lines)
    {
        ReadOnlySpan<byte> label = "\nCapEff:\t"u8;
        int at = lines.IndexOf(label);
        return at >= 0 && Utf8Parser.TryParse(lines[(at + label.Length)..], out ulong set, out _, 'x') ? set : 0;
    }

    private static uint Number(ReadOnlySpan<byte> lines, ReadOnlySpan<byte> label) =>
        lines.IndexOf(label) is >= 0 and var at && Utf8Parser.TryParse(lines[(at + label.Length)..], out uint number, out _) ? number : 0;
}
