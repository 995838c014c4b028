using Microsoft.Win32.SafeHandles;
using Sandgate.Core;
using Sandgate.Core.Decide;
using Sandgate.Core.Trap;
using Sandgate.Linux.Enforce;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Trap;

/// <summary>A thread that waits in a seccomp user notification.</summary>
internal sealed unsafe class SeccompStop : Stop
{
    // The kernel may write a longer struct than the one known here (seccomp_unotify(2), GET_NOTIF_SIZES).
    private const int Room = 512;

    private readonly byte[] _buffer = GC.AllocateArray<byte>(Room, pinned: true);
    private readonly SafeFileHandle _listener;
    private bool _answered = true;

    public SeccompStop(SafeFileHandle listener) => _listener = listener;

    /// <summary>The struct that RECV fills.</summary>
    public Seccomp.Notification* Notification
    {
        get
        {
            // SAFETY: the array is pinned for its whole life and longer than the struct.
            fixed (byte* buffer = _buffer)
                return (Seccomp.Notification*)buffer;
        }
    }

    /// <inheritdoc/>
    public override int ThreadId => (int)Notification->Pid;

    /// <inheritdoc/>
    public override int Number => Notification->Number;

    /// <summary>The six argument registers.</summary>
    public ReadOnlySpan<ulong> Registers => new(Notification->Arguments, 6);

    /// <inheritdoc/>
    public override ulong Register(int index) => Registers[index];

    /// <inheritdoc/>
    public override ulong InstructionPointer => Notification->InstructionPointer;

    /// <inheritdoc/>
    public override bool IsHeld
    {
        get
        {
            ulong id = Notification->Id;

            // SAFETY: id lives on this stack for the whole call.
            return Libc.Call(SyscallNumbers.ioctl, Listener, Seccomp.IOCTL_NOTIF_ID_VALID, (long)(&id)) == 0;
        }
    }

    private int Listener => (int)_listener.DangerousGetHandle();

    /// <summary>Makes ready for the next RECV, which wants a zeroed struct.</summary>
    public void Clear()
    {
        _buffer.AsSpan(0, sizeof(Seccomp.Notification)).Clear();
        _answered = false;
    }

    /// <inheritdoc/>
    public override Outcome Answer(Call call, Verdict verdict)
    {
        if (!verdict.Allowed)
            return Send(-verdict.Errno, 0) ? Outcome.Denied : Outcome.Vanished;
        if (call.CertainErrno != 0)
            return Send(-call.CertainErrno, 0) ? Outcome.Failed : Outcome.Vanished;
        if (GroupKill.Applies(this))
            return Send(-GroupKill.Carry(this), 0) ? Outcome.Emulated : Outcome.Vanished;
        call.WhenContinued?.Invoke();
        return Send(0, Seccomp.USER_NOTIF_FLAG_CONTINUE) ? Outcome.Continued : Outcome.Vanished;
    }

    /// <inheritdoc/>
    public override Stop Park()
    {
        SeccompStop parked = new(_listener) { _answered = false };
        _buffer.CopyTo(parked._buffer, 0);
        _answered = true;
        return parked;
    }

    /// <summary>Denies what nobody answered.</summary>
    public override void Dispose()
    {
        if (!_answered)
            Send(-Errnos.EPERM, 0);
    }

    private bool Send(int error, uint flags)
    {
        if (_answered)
            throw new InvalidOperationException("A stop is answered once.");
        _answered = true;
        Seccomp.Response response = new() { Id = Notification->Id, Error = error, Flags = flags };

        // SAFETY: response lives on this stack for the whole call.
        return Libc.Call(SyscallNumbers.ioctl, Listener, Seccomp.IOCTL_NOTIF_SEND, (long)(&response)) == 0;
    }
}
