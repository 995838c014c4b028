using System.Collections.Concurrent;
using Sandgate.Core.Trap;
using Sandgate.Linux.Decode;
using Sandgate.Linux.Interop;
using Sandgate.Linux.Trap;

namespace Sandgate.Linux.Enforce.Dumpable;

/// <summary>
/// A process that changes its ids is closed to everybody but root from then on, until it executes something (ptrace(2)). The supervisor
/// goes along with the call, has the thread open the process again before its next instruction, and remembers that it is to believe otherwise.
/// </summary>
internal sealed class ChangeOfIds(Escort escort, TargetCredentials credentials) : IEmulation
{
    private const int LongestWait = 1000;

    private static readonly ConcurrentDictionary<int, int> s_underWay = new();
    private static int s_begun;

    /// <summary>How many have begun. What could not be read while that changed may be readable now.</summary>
    public static int Begun => Volatile.Read(ref s_begun);

    /// <summary>
    /// False when the thread's process is closed for the moment that such a call of another thread takes. Whoever may block waits for its end, a
    /// second at most: what can't be read then is refused. Nothing of it waits for the loop.
    /// </summary>
    public static bool IsOver(int thread, bool mayBlock)
    {
        if (s_underWay.IsEmpty)
            return true;
        int process = ProcessFacts.ProcessOf(thread);
        for (int waited = 0; s_underWay.ContainsKey(process) && waited < LongestWait; waited++)
        {
            if (!mayBlock)
                return false;
            Thread.Sleep(1);
        }

        return true;
    }

    /// <inheritdoc/>
    public Outcome Carry(Stop stop)
    {
        SeccompStop own = (SeccompStop)stop;
        int process = ProcessFacts.ProcessOf(stop.ThreadId);
        (ThreadRights? before, int? told) = (Read(stop.ThreadId), credentials.Dumpable.Of(process));
        s_underWay.AddOrUpdate(process, 1, static (_, calls) => calls + 1);
        Interlocked.Increment(ref s_begun);
        try
        {
            switch (escort.Through(own, out int held))
            {
                // Whoever traces it (a debugger inside) may do so still. What it asks for from now on can't be read, and is refused.
                case Passage.Refused:
                    return own.Continue();
                case Passage.Gone:
                    return Outcome.Vanished;
                case Passage.Returned when Read(held) is { } after && HasClosed(before, after):
                    Open(held);
                    credentials.Approach(held);
                    if (told is null or 1)
                        credentials.Dumpable.Set(process, DumpableBook.AfterChangeOfIds);
                    goto default;
                default:
                    Escort.Release(held);
                    return Outcome.Continued;
            }
        }
        finally
        {
            if (s_underWay.AddOrUpdate(process, 0, static (_, calls) => calls - 1) <= 0)
                s_underWay.TryRemove(new(process, 0));
        }
    }

    private static void Open(int held)
    {
        if (Ptrace.GetRegisters(held, out Ptrace.Registers returned) != 0)
            return;
        ulong mask = Injection.BlockSignals(held);
        new Injection(returned).Call(held, SyscallNumbers.prctl, DumpableCalls.PR_SET_DUMPABLE, 1, DumpableCalls.Password);
        Ptrace.SetRegisters(held, returned with { OrigRax = ulong.MaxValue });
        Injection.RestoreSignals(held, mask);
    }

    // Files are the effective ids' own, unless setfsuid(2) says otherwise; either is enough.
    private static bool HasClosed(ThreadRights? before, ThreadRights after) =>
        before is null || (before.User, before.Group, before.EffectiveUser, before.EffectiveGroup) != (after.User, after.Group, after.EffectiveUser, after.EffectiveGroup);

    private static ThreadRights? Read(int thread)
    {
        Span<byte> path = stackalloc byte[ProcPath.Room];
        new ProcPath(path).Add("/proc/"u8).Add(thread).Add("/status"u8);
        return ThreadRights.Read(path);
    }
}
