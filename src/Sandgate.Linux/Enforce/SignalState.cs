using System.Buffers.Text;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Enforce;

/// <summary>The signals that wait for a thread (proc(5), status); bit n - 1 stands for signal n.</summary>
/// <param name="Thread">The thread.</param>
/// <param name="Process">Its process.</param>
/// <param name="Threads">How many threads the process has.</param>
/// <param name="Own">Signals that wait for this thread.</param>
/// <param name="Shared">Signals that wait for any thread of the process.</param>
/// <param name="Blocked">Signals that this thread doesn't take.</param>
internal readonly record struct SignalState(int Thread, int Process, int Threads, ulong Own, ulong Shared, ulong Blocked)
{
    private const int Room = 4096;

    /// <summary>Reads a thread's signals; null when it is gone.</summary>
    public static SignalState? Read(int thread)
    {
        Span<byte> path = stackalloc byte[ProcPath.Room], status = stackalloc byte[Room];
        new ProcPath(path).Add("/proc/"u8).Add(thread).Add("/status"u8);
        int count = Files.ReadWhole(path, status);
        if (count <= 0)
            return null;
        ReadOnlySpan<byte> lines = status[..count];
        return new(thread, (int)Number(lines, "\nTgid:\t"u8), (int)Number(lines, "\nThreads:\t"u8),
            Set(lines, "\nSigPnd:\t"u8), Set(lines, "\nShdPnd:\t"u8), Set(lines, "\nSigBlk:\t"u8));
    }

    /// <summary>
    /// True when the kernel gave this very thread a signal to take: its own; or the process's, which goes to the first
    /// thread if that one takes it, and else to one of those that do (complete_signal() in kernel/signal.c).
    /// </summary>
    /// <param name="certain">False when a thread that runs could just be about to take it.</param>
    public bool IsForThisThread(out bool certain)
    {
        certain = (Own & ~Blocked) != 0 || Threads == 1;
        ulong shared = Shared & ~Blocked;
        return (Own & ~Blocked) != 0 || (shared != 0 && (Threads == 1 || Thread == Process || NobodyElseTakes(shared)));
    }

    private bool NobodyElseTakes(ulong signals)
    {
        try
        {
            foreach (string directory in Directory.EnumerateDirectories($"/proc/{Process}/task"))
            {
                if (int.TryParse(Path.GetFileName(directory), out int other) && other != Thread && Read(other) is { } state && (signals & ~state.Blocked) != 0)
                    return false;
            }

            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static ulong Set(ReadOnlySpan<byte> lines, ReadOnlySpan<byte> label) =>
        lines.IndexOf(label) is >= 0 and var at && Utf8Parser.TryParse(lines[(at + label.Length)..], out ulong set, out _, 'x') ? set : 0;

    private static long Number(ReadOnlySpan<byte> lines, ReadOnlySpan<byte> label) =>
        lines.IndexOf(label) is >= 0 and var at && Utf8Parser.TryParse(lines[(at + label.Length)..], out long number, out _) ? number : 0;
}
