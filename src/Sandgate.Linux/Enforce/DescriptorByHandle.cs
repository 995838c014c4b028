using Sandgate.Core.Trap;
using Sandgate.Linux.Decode;
using Sandgate.Linux.Interop;
using Sandgate.Linux.Trap;

namespace Sandgate.Linux.Enforce;

/// <summary>
/// pidfd_getfd(2). When the kernel looks, another thread can have put another process under the number; so the supervisor copies the descriptor from the
/// process that was judged, where its own right to do so is the program's.
/// </summary>
internal sealed class DescriptorByHandle(ProcessHandle handle) : IEmulation
{
    private const int EPERM = 1, ESRCH = 3, EINVAL = 22;

    /// <inheritdoc/>
    public Outcome Carry(Stop stop)
    {
        SeccompStop own = (SeccompStop)stop;
        if ((uint)stop.Register(2) != 0)
            return own.Fail(EINVAL);
        if (handle.Errno != 0)
            return own.Fail(handle.Errno);
        int process = handle.Process;
        if (process == 0 || !HasSameRights(stop.ThreadId) || !MayTrace(stop.ThreadId, process))
            return own.Fail(EPERM);
        long other = Libc.Call(SyscallNumbers.pidfd_open, process, 0);
        if (other < 0)
            return own.Return(other);

        // Held by the descriptor, it can't have become somebody else behind this look.
        long copy;
        using (TargetCredentials.WithoutPtrace())
            copy = ProcessTree.Holds(process) ? Libc.Call(SyscallNumbers.pidfd_getfd, other, (int)stop.Register(1), 0) : -ESRCH;
        Files.Close((int)other);
        return copy < 0 ? own.Return(copy) : own.Install((int)copy, closeOnExec: true, closeFirst: true);
    }

    // What the kernel asks of who looks into another (ptrace(2)).
    private static bool HasSameRights(int thread)
    {
        Span<byte> path = stackalloc byte[ProcPath.Room];
        new ProcPath(path).Add("/proc/"u8).Add(thread).Add("/status"u8);
        return TargetCredentials.IsOfOwnNamespace(thread) && ThreadRights.Read(path) is { } its && ThreadRights.Read("/proc/thread-self/status\0"u8) is { } own
            && (its.RealUser, its.EffectiveUser, its.RealGroup, its.EffectiveGroup) == (own.RealUser, own.EffectiveUser, own.RealGroup, own.EffectiveGroup) && (own.Permitted & ~its.Permitted & ~TargetCredentials.Ptrace) == 0;
    }

    // Yama lets only ancestors trace (Documentation/admin-guide/LSM/Yama.rst), and the supervisor is everybody's.
    private static bool MayTrace(int thread, int process)
    {
        Span<byte> scope = stackalloc byte[4];
        if (Files.ReadWhole("/proc/sys/kernel/yama/ptrace_scope\0"u8, scope) <= 0 || scope[0] == (byte)'0')
            return true;
        int caller = ProcessFacts.ProcessOf(thread);
        for (int above = process; above > 0 && above != Environment.ProcessId; above = ProcessFacts.ParentOf(above))
        {
            if (above == caller)
                return true;
        }

        return false;
    }
}
