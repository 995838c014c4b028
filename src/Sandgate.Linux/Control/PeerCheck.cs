using System.Globalization;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Control;

/// <summary>
/// Who may speak with a supervisor: processes of its own user, or root's, that are in no sandbox. A program in a sandbox has the same user; it is
/// known by its filters, by its ancestors, and, where a supervisor connects for it, by that supervisor.
/// </summary>
internal static class PeerCheck
{
    /// <summary>The name of a thread that every supervisor has, and that anybody may read.</summary>
    public const string GateThread = "gate";

    private const int MostAncestors = 1000, ENOPROTOOPT = 92, PR_GET_NO_NEW_PRIVS = 39;

    /// <summary>Why the peer of this connection is refused; null when it may speak.</summary>
    public static string? Refuses(int socket, out PeerCredentials peer)
    {
        peer = default;
        if (UnixSocket.PeerOf(socket) is not { ProcessId: > 0 } found)
            return "who you are can't be told";
        peer = found;
        if (found.UserId != 0 && found.UserId != Libc.Call(SyscallNumbers.geteuid))
            return "you are another user";
        int process = UnixSocket.PeerProcess(socket);
        try
        {
            // The descriptor's process is the one that connected: while it lives, its id is nobody else's.
            return process < 0 && process != -ENOPROTOOPT ? "you are gone"
                : IsSandboxed(found.ProcessId) is { } why ? why
                : process >= 0 && HasEnded(process) ? "you are gone" : null;
        }
        finally
        {
            if (process >= 0)
                Files.Close(process);
        }
    }

    /// <summary>True when this supervisor may be inside of another's sandbox, as everything there is that can gain no rights.</summary>
    public static bool MayBeSandboxed() => Libc.Call(SyscallNumbers.prctl, PR_GET_NO_NEW_PRIVS) != 0;

    /// <summary>Why a process counts as inside of a sandbox; null when it is outside.</summary>
    /// <param name="process">The process.</param>
    /// <param name="isSupervisor">True when it claims to be a supervisor: one of its threads may carry the program's filter.</param>
    public static string? IsSandboxed(int process, bool isSupervisor = false)
    {
        const string Inside = "you are inside of a sandbox";
        if (process == Environment.ProcessId)
            return Inside;
        if (ThreadsOf(process) is not { Count: > 0 } threads || StatusOf(Environment.ProcessId, Environment.ProcessId) is not { } own)
            return "you can't be looked at";
        foreach (ThreadStatus thread in isSupervisor ? threads[..1] : threads)
        {
            // What has ended and is still there tells nothing of the threads that it had.
            if (thread.State is 'Z' or 'X')
                return "you can't be looked at";
            if (thread.Filters > own.Filters || thread.Mode > own.Mode || (thread.Name == GateThread && !isSupervisor))
                return Inside;
        }

        return HasSandboxAbove(threads[0].Parent, own) ? Inside : null;
    }

    // Above this supervisor there may be others: whoever is below the same ones is no further inside than it is.
    private static bool HasSandboxAbove(int parent, ThreadStatus own)
    {
        HashSet<int> ownAncestors = [.. AncestorsFrom(own.Parent).Select(a => a.Process)];
        foreach ((int process, List<ThreadStatus> threads) in AncestorsFrom(parent))
        {
            if (process == Environment.ProcessId)
                return true;
            if (ownAncestors.Contains(process))
                return false;
            if (threads.Exists(t => t.Name == GateThread))
                return true;
        }

        return false;
    }

    // What can't be seen ends it: then the filters have the last word.
    private static IEnumerable<(int Process, List<ThreadStatus> Threads)> AncestorsFrom(int parent)
    {
        for (int i = 0; i < MostAncestors && parent > 0 && ThreadsOf(parent) is { Count: > 0 } threads; i++)
        {
            yield return (parent, threads);
            parent = threads[0].Parent;
        }
    }

    private readonly record struct ThreadStatus(string Name, char State, int Parent, int Mode, int Filters);

    private static List<ThreadStatus>? ThreadsOf(int process)
    {
        try
        {
            List<ThreadStatus> threads = [];
            if (StatusOf(process, process) is not { } leader)
                return null;
            threads.Add(leader);
            foreach (string directory in Directory.EnumerateDirectories(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/task")))
            {
                int thread = int.Parse(Path.GetFileName(directory), CultureInfo.InvariantCulture);
                if (thread != process && StatusOf(process, thread) is { } status)
                    threads.Add(status);
            }

            return threads;
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    // As ProcStatus says, a thread can write no lines of its own.
    private static ThreadStatus? StatusOf(int process, int thread)
    {
        string name = "";
        char state = 'X';
        int parent = -1, mode = -1, filters = 0;
        try
        {
            foreach (string line in ProcLines.Of(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/task/{thread}/status")))
            {
                int colon = line.IndexOf(':', StringComparison.Ordinal);
                string value = colon < 0 ? "" : line[(colon + 1)..].Trim();
                switch (colon < 0 ? "" : line[..colon])
                {
                    case "Name": name = value; break;
                    case "State": state = value is [var first, ..] ? first : 'X'; break;
                    case "PPid": parent = int.Parse(value, CultureInfo.InvariantCulture); break;
                    case "Seccomp": mode = int.Parse(value, CultureInfo.InvariantCulture); break;
                    case "Seccomp_filters": filters = int.Parse(value, CultureInfo.InvariantCulture); break;
                }
            }
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException or FormatException)
        {
            return null;
        }

        return parent < 0 || mode < 0 ? null : new(name, state, parent, mode, filters);
    }

    private static bool HasEnded(int process)
    {
        Span<PollDescriptor> poll = [new() { Descriptor = process, Events = PollDescriptor.POLLIN }];
        UnixSocket.Poll(poll, 0);
        return poll[0].Returned != 0;
    }
}
