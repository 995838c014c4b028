using Sandgate.Core.Doctor;
using Sandgate.Linux.Doctor.Trials;
using Sandgate.Linux.Interop;
using Sandgate.Linux.Trap;

namespace Sandgate.Linux.Doctor.Mechanisms;

/// <summary>Seccomp user notification: a child is stopped at a call, given a descriptor, and answered.</summary>
internal static unsafe class NotificationTrials
{
    public const string Notification = "seccomp user notification", AddDescriptor = "descriptors into stopped programs (ADDFD)";

    private const int PR_SET_NO_NEW_PRIVS = 38, ESRCH = 3, EBUSY = 16, EINVAL = 22, ListenerCall = 1, StoppedCall = 2;
    private const long Answer = 4711;

    /// <summary>Tries.</summary>
    public static IEnumerable<MechanismFinding> Examine(Reasons reasons)
    {
        using NativeArena memory = new();
        using TrialChild child = new(sharesDescriptors: true, [.. Installation(memory, 0), new(SyscallNumbers.getppid)]);
        long listener = child.Await(ListenerCall) ?? -ESRCH;
        if (listener < 0)
        {
            string why = listener == -EBUSY ? "EBUSY: a supervisor listens to this process already" : reasons.For((int)-listener, SyscallNumbers.seccomp);
            yield return MechanismFinding.Lacking(Notification, why, "nothing: sandgate run ends with status 125");
            yield break;
        }

        try
        {
            (int sync, int added, int sent) = Serve((int)listener);
            bool answered = sent == 0 && child.Await(StoppedCall) == Answer;
            yield return answered
                ? MechanismFinding.Works(Notification)
                : MechanismFinding.Lacking(Notification, reasons.For(-sent, SyscallNumbers.ioctl), "nothing: sandgate run ends with status 125");
            yield return added >= 0
                ? MechanismFinding.Works(AddDescriptor)
                : MechanismFinding.Lacking(AddDescriptor, reasons.For(-added, SyscallNumbers.ioctl), "opens go on in the kernel: rules on paths are racy");
            yield return WaitKillable(reasons);
            yield return sync == 0
                ? MechanismFinding.Works("synchronous wake-up (SYNC_WAKE_UP)")
                : MechanismFinding.Lacking("synchronous wake-up (SYNC_WAKE_UP)", reasons.For(-sync, SyscallNumbers.ioctl), "answers wait for another processor, and take longer");
        }
        finally
        {
            Files.Close((int)listener);
        }
    }

    private static MechanismFinding WaitKillable(Reasons reasons)
    {
        const string Name = "calls that only SIGKILL interrupts (WAIT_KILLABLE_RECV)";
        using NativeArena memory = new();
        TrialOutcome tried = TrialChild.Try(Installation(memory, Seccomp.FILTER_FLAG_WAIT_KILLABLE_RECV));
        return tried.All
            ? MechanismFinding.Works(Name)
            : MechanismFinding.Lacking(Name, reasons.For(tried.Errno, SyscallNumbers.seccomp), "a signal interrupts a judged call, which is judged again");
    }

    /// <summary>The calls that install a filter with a listener. It stops at getppid, which takes no arguments and changes nothing.</summary>
    public static TrialCall[] Installation(NativeArena memory, long flags)
    {
        FilterCase[]?[] cases = new FilterCase[]?[SyscallNumbers.getppid + 2];
        cases[SyscallNumbers.getppid] = [new([], FilterAction.Notify)];
        FilterInstruction[] filter = SeccompFilter.Compile(cases, FilterAction.Allow);
        Seccomp.Program* program = memory.Copy<Seccomp.Program>([new() { Length = (ushort)filter.Length, Instructions = (nint)memory.Copy<FilterInstruction>(filter) }]);
        return
        [
            new(SyscallNumbers.prctl, PR_SET_NO_NEW_PRIVS, 1),
            new(SyscallNumbers.seccomp, Seccomp.SET_MODE_FILTER, Seccomp.FILTER_FLAG_NEW_LISTENER | flags, (long)program),
        ];
    }

    // The results of the ioctls; EINVAL for what was not reached.
    private static (int Sync, int Added, int Sent) Serve(int listener)
    {
        int sync = (int)Libc.Call(SyscallNumbers.ioctl, listener, Seccomp.IOCTL_NOTIF_SET_FLAGS, Seccomp.USER_NOTIF_FD_SYNC_WAKE_UP);
        PollDescriptor poll = new() { Descriptor = listener, Events = PollDescriptor.POLLIN };

        // SAFETY: all structs live on this stack for their calls; RECV wants its own zeroed.
        if (Libc.CallBlocking(SyscallNumbers.poll, (long)(&poll), 1, 5000) != 1)
            return (sync, -EINVAL, -EINVAL);
        Seccomp.Notification stopped = default;
        if (Libc.CallBlocking(SyscallNumbers.ioctl, listener, Seccomp.IOCTL_NOTIF_RECV, (long)(&stopped)) is < 0 and var failed)
            return (sync, -EINVAL, (int)failed);

        // The child's descriptors are this process's own.
        Seccomp.AddDescriptor add = new() { Id = stopped.Id, Source = (uint)listener };
        int added = (int)Libc.Call(SyscallNumbers.ioctl, listener, Seccomp.IOCTL_NOTIF_ADDFD, (long)(&add));
        if (added >= 0)
            Files.Close(added);
        Seccomp.Response response = new() { Id = stopped.Id, Value = Answer };
        return (sync, added, (int)Libc.Call(SyscallNumbers.ioctl, listener, Seccomp.IOCTL_NOTIF_SEND, (long)(&response)));
    }
}
