using System.Globalization;
using Sandgate.Linux.Confine.Limits;
using Sandgate.Linux.Decode;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Confine;

/// <summary>Ends the whole tree.</summary>
/// <remarks>
/// A tree may fork all the time, each process living only as long as it takes to start the next: by the time that a list of them is complete, all on it are
/// gone. So each child is killed as it is found. Whatever loses its parent becomes the supervisor's child before that parent is seen to be dead
/// (PR_SET_CHILD_SUBREAPER; exit_notify in kernel/exit.c): looking at children alone reaches everybody in the end.
/// </remarks>
internal static class TreeKill
{
    private const int SIGKILL = 9, Patience = 20_000, LongerNap = 20, QuickRounds = 10, Certain = 2;

    /// <summary>Kills every process below the supervisor, and waits until all have ended: some seconds at most, where the kernel doesn't let them.</summary>
    public static void Run()
    {
        HashSet<int> known = [], listed = [];
        bool isNew = false;
        void Kill(int process)
        {
            Libc.Call(SyscallNumbers.kill, process, SIGKILL);
            listed.Add(process);
            isNew |= known.Add(process);
        }

        long end = Environment.TickCount64 + Patience;
        for (int round = 0, clean = 0; clean < Certain && Environment.TickCount64 < end; round++)
        {
            // Who has just been started lives for as long as he needs to start another: that is how much time there is.
            do
            {
                isNew = false;
                Children.VisitOrphans(Kill);
            }
            while (isNew && Environment.TickCount64 < end);
            listed.Clear();
            Children.VisitOfSupervisor(Kill);

            // What had children when it was listed may have been dead when it was looked at: they are on the next list.
            clean = listed.Any(process => !IsGone(process)) ? 0 : clean + 1;
            if (clean == 0)
                Thread.Sleep(round < QuickRounds ? 1 : LongerNap);
        }
    }

    // A process whose first thread has ended looks like one that has, but for its other threads.
    private static bool IsGone(int process)
    {
        const int StateAt = 0, ThreadsAt = 17;
        Span<byte> name = stackalloc byte[ProcPath.Room], text = stackalloc byte[1024];
        new ProcPath(name).Add("/proc/"u8).Add(process).Add("/stat"u8);
        int count = Files.ReadWhole(name, text);
        if (count <= 0)
            return true;
        string[] fields = System.Text.Encoding.Latin1.GetString(text[..count]) is var stat ? stat[(stat.LastIndexOf(')') + 2)..].Split(' ') : [];
        return fields[StateAt] is "Z" or "X" && int.Parse(fields[ThreadsAt], CultureInfo.InvariantCulture) <= 1;
    }
}
