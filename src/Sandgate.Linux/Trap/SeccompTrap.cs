using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Sandgate.Core.Trap;
using Sandgate.Linux.Decode;
using Sandgate.Linux.Enforce;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Trap;

/// <summary>Stops threads by seccomp user notification (seccomp_unotify(2)); one listener for the whole tree.</summary>
internal sealed unsafe class SeccompTrap : ITrap, IDisposable
{
    private const int ENOENT = 2, EINTR = 4;

    private readonly SafeFileHandle _listener;
    private readonly SafeFileHandle? _treeHasEnded;
    private readonly bool _pollFirst;
    private readonly SeccompStop _stop;
    private readonly TargetRoots _roots;
    private long _stops;

    /// <summary>Listens on a filter's listener descriptor.</summary>
    /// <param name="listener">The descriptor.</param>
    /// <param name="kernel">What the kernel offers.</param>
    /// <param name="roots">Told when a process may have left the supervisor's root.</param>
    /// <param name="treeHasEnded">Becomes readable when the tree has gone, where the listener itself doesn't tell it.</param>
    public SeccompTrap(SafeFileHandle listener, KernelFeatures kernel, TargetRoots roots, SafeFileHandle? treeHasEnded)
    {
        _listener = listener;
        _treeHasEnded = treeHasEnded;
        _roots = roots;

        // Older kernels wait for ever in RECV when the last task has gone; poll(2) tells them apart.
        _pollFirst = treeHasEnded is not null || !kernel.RecvEndsWithTree;
        _stop = new SeccompStop(listener);
        if (kernel.SyncWakeUp)
            Libc.Call(SyscallNumbers.ioctl, Descriptor, Seccomp.IOCTL_NOTIF_SET_FLAGS, Seccomp.USER_NOTIF_FD_SYNC_WAKE_UP);
    }

    /// <summary>How many calls have stopped so far.</summary>
    public long Stops => Volatile.Read(ref _stops);

    private int Descriptor => (int)_listener.DangerousGetHandle();

    /// <inheritdoc/>
    public Stop? Next()
    {
        while (true)
        {
            if (_pollFirst && HasEnded(wait: true))
                return null;
            _stop.Clear();
            long result = Libc.CallBlocking(SyscallNumbers.ioctl, Descriptor, Seccomp.IOCTL_NOTIF_RECV, (long)_stop.Notification);
            switch (result)
            {
                case 0:
                    if (InjectedCalls.Expects(_stop))
                    {
                        _stop.Continue();
                        break;
                    }

                    if (FilterPlan.ChangesRoot(_stop.Number, _stop.Registers))
                        _roots.MayDiffer = true;
                    if (!_roots.Credentials.AreReadAnew && FilterPlan.ChangesCredentials(_stop.Number, _stop.Registers))
                        _roots.Credentials.MayDiffer = true;
                    OpenLocks.Settle(_stop);
                    _stops++;
                    return _stop;
                case -EINTR:
                    break;

                // Either the tree is gone, or the one thread that had stopped was killed before it was received.
                case -ENOENT when HasEnded(wait: false):
                    return null;
                case -ENOENT:
                    break;
                default:
                    throw new SandboxException("receive a stopped call", (int)-result, "this is a defect in Sandgate");
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _stop.Dispose();

    private bool HasEnded(bool wait)
    {
        PollDescriptor* polls = stackalloc PollDescriptor[2];
        polls[0] = new() { Descriptor = Descriptor, Events = PollDescriptor.POLLIN };
        polls[1] = new() { Descriptor = (int)(_treeHasEnded?.DangerousGetHandle() ?? -1), Events = PollDescriptor.POLLIN };

        // SAFETY: both live on this stack for the whole call; poll(2) passes over a negative descriptor.
        long ready = wait
            ? Libc.CallBlocking(SyscallNumbers.poll, (long)polls, 2, -1)
            : Libc.Call(SyscallNumbers.poll, (long)polls, 2, 0);
        return ready > 0 && (polls[0].Returned & PollDescriptor.POLLIN) == 0
            && ((polls[0].Returned & PollDescriptor.POLLHUP) != 0 || (polls[1].Returned & PollDescriptor.POLLIN) != 0);
    }
}
