using System.Collections.Concurrent;
using Sandgate.Linux.Interop;
using Sandgate.Linux.Trap;

namespace Sandgate.Linux.Enforce.Sockets;

/// <summary>
/// Descriptors that threads of the program handed over for the call that they are about to make again. They are kept until it comes, or
/// turns out never to come.
/// </summary>
internal static class BorrowedDescriptors
{
    private const int EPERM = 1, F_DUPFD_CLOEXEC = 1030;
    private const long Patience = 2000;

    private static readonly ConcurrentDictionary<int, Loan> s_loans = new();

    /// <summary>What one thread handed over.</summary>
    /// <param name="Call">The call it is for: its number, then six registers.</param>
    /// <param name="Descriptors">The supervisor's copies by the program's numbers; empty when it failed.</param>
    /// <param name="Since">When.</param>
    private sealed record Loan(ulong[] Call, Dictionary<int, int> Descriptors, long Since);

    /// <summary>Keeps what a thread handed over. It must not yet be able to make the call again: that would look for it in vain.</summary>
    public static void Keep(int thread, ulong[] call, Dictionary<int, int> descriptors)
    {
        foreach ((int other, Loan loan) in s_loans)
        {
            if (Environment.TickCount64 - loan.Since > Patience)
                Drop(other);
        }

        Drop(thread);
        s_loans[thread] = new(call, descriptors, Environment.TickCount64);
    }

    /// <summary>True when a thread was asked in vain.</summary>
    public static bool Failed(SeccompStop stop) => LoanFor(stop) is { Descriptors.Count: 0 };

    /// <summary>Another copy of one of them; EPERM when there is none, or when something else stands under that number by now.</summary>
    public static int CopyFor(SeccompStop stop, int descriptor)
    {
        if (LoanFor(stop) is not { } loan || !loan.Descriptors.TryGetValue(descriptor, out int own))
            return -EPERM;
        return IsSame(stop.ThreadId, descriptor, own) ? (int)Libc.Call(SyscallNumbers.fcntl, own, F_DUPFD_CLOEXEC, 0) : -EPERM;
    }

    // Its next call may be another: a signal's handler came between and didn't return.
    private static Loan? LoanFor(SeccompStop stop)
    {
        if (!s_loans.TryGetValue(stop.ThreadId, out Loan? loan) || loan.Call.AsSpan().SequenceEqual(stop.Call))
            return loan;
        Drop(stop.ThreadId);
        return null;
    }

    private static bool IsSame(int thread, int descriptor, int own)
    {
        Span<byte> path = stackalloc byte[ProcPath.Room];
        new ProcPath(path).Add("/proc/"u8).Add(thread).Add("/fd/"u8).Add(descriptor);
        int there = Files.Open(Files.AT_FDCWD, path, Files.O_PATH | Files.O_CLOEXEC);
        bool same = there >= 0 && Files.Stat(there, out FileIdentity theirs) && Files.Stat(own, out FileIdentity ours) && theirs.IsSameFile(ours);
        if (there >= 0)
            Files.Close(there);
        return same;
    }

    /// <summary>Lets go of what a thread handed over.</summary>
    public static void Drop(int thread)
    {
        if (!s_loans.TryRemove(thread, out Loan? loan))
            return;
        foreach (int descriptor in loan.Descriptors.Values)
            Files.Close(descriptor);
    }
}
