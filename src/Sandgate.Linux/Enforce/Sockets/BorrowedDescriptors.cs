using System.Collections.Concurrent;
using Sandgate.Linux.Decode.Names;
using Sandgate.Linux.Interop;

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
    /// <param name="Descriptors">The supervisor's copies by the program's numbers; empty when it failed.</param>
    /// <param name="Since">When.</param>
    private sealed record Loan(Dictionary<int, int> Descriptors, long Since);

    /// <summary>Keeps what a thread handed over.</summary>
    public static void Keep(int thread, Dictionary<int, int> descriptors)
    {
        foreach ((int other, Loan loan) in s_loans)
        {
            if (Environment.TickCount64 - loan.Since > Patience)
                Drop(other);
        }

        Drop(thread);
        s_loans[thread] = new(descriptors, Environment.TickCount64);
    }

    /// <summary>True when a thread was asked already.</summary>
    public static bool Has(int thread) => s_loans.ContainsKey(thread);

    /// <summary>True when a thread was asked in vain.</summary>
    public static bool Failed(int thread) => s_loans.TryGetValue(thread, out Loan? loan) && loan.Descriptors.Count == 0;

    /// <summary>Another copy of one of them; EPERM when there is none, or when something else stands under that number by now.</summary>
    public static int CopyFor(int thread, int descriptor)
    {
        if (!s_loans.TryGetValue(thread, out Loan? loan) || !loan.Descriptors.TryGetValue(descriptor, out int own))
            return -EPERM;
        return DnsSockets.InodeOf(thread, descriptor) == DnsSockets.InodeOf(Environment.ProcessId, own)
            ? (int)Libc.Call(SyscallNumbers.fcntl, own, F_DUPFD_CLOEXEC, 0) : -EPERM;
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
