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

    /// <summary>The call's number and its six registers.</summary>
    public ulong[] Call => [(uint)Number, .. Registers];

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
            return Control(Seccomp.IOCTL_NOTIF_ID_VALID, &id) == 0;
        }
    }

    /// <inheritdoc/>
    public override bool IsAnswered => _answered;

    /// <summary>Puts a descriptor into the program's table. Returns its number there, or a negative errno. The stop stays unanswered.</summary>
    public long Lend(int descriptor)
    {
        const uint O_CLOEXEC = 0x80000;
        Seccomp.AddDescriptor add = new() { Id = Notification->Id, Source = (uint)descriptor, NewFlags = O_CLOEXEC };

        // SAFETY: add lives on this stack for the whole call.
        using (new BlockedSignals())
            return Control(Seccomp.IOCTL_NOTIF_ADDFD, &add);
    }

    // Where several threads of the supervisor answer at once they wait for one another in the kernel, and a signal to one that waits (the
    // runtime's own, a child's) ends that: the request was not even looked at. An answer lost so would hold the program's thread for ever.
    private long Control(long request, void* argument)
    {
        const int EINTR = 4;
        long result;
        do
        {
            // SAFETY: the argument is as the request wants it, and lives for the whole call, by the caller's own proof.
            result = Libc.Call(SyscallNumbers.ioctl, Listener, request, (long)argument);
        }
        while (result == -EINTR);
        return result;
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
        {
            call.Emulation?.Release();
            return Send(-verdict.Errno, 0) ? Outcome.Denied : Outcome.Vanished;
        }

        if (call.CertainErrno != 0 && call.Emulation is null)
            return Send(-call.CertainErrno, 0) ? Outcome.Failed : Outcome.Vanished;
        if (GroupKill.Applies(this))
            return Fail(GroupKill.Carry(this));
        call.WhenContinued?.Invoke();
        if (call.Emulation is { } emulation)
            return emulation.Carry(this);
        return Send(0, Seccomp.USER_NOTIF_FLAG_CONTINUE) ? Outcome.Continued : Outcome.Vanished;
    }

    /// <summary>Answers with what the supervisor's own call returned. A negative value other than an errno is the program's own matter.</summary>
    public Outcome Return(long value) => Send(value < 0 ? (int)value : 0, 0, Math.Max(0, value)) ? Outcome.Emulated : Outcome.Vanished;

    /// <summary>Answers with an errno; 0 is success.</summary>
    public Outcome Fail(int errno) => Return(-errno);

    /// <summary>Lets the kernel do a call whose registers alone say what it does.</summary>
    public Outcome Continue() => Send(0, Seccomp.USER_NOTIF_FLAG_CONTINUE) ? Outcome.Continued : Outcome.Vanished;

    /// <summary>
    /// Answers with a descriptor: the kernel puts the supervisor's open file under the lowest free number of the program.
    /// What that fails with (EMFILE) is the program's answer.
    /// </summary>
    /// <param name="descriptor">The supervisor's descriptor, which this closes.</param>
    /// <param name="closeOnExec">Whether the program's is closed on exec.</param>
    /// <param name="closeFirst">True when the program may not run before the supervisor's own is closed: an open for writing keeps others from executing the file.</param>
    public Outcome Install(int descriptor, bool closeOnExec, bool closeFirst)
    {
        const uint O_CLOEXEC = 0x80000;
        const int EINVAL = 22;
        Seccomp.AddDescriptor add = new()
        {
            Id = Notification->Id,
            Flags = closeFirst ? 0 : Seccomp.ADDFD_FLAG_SEND,
            Source = (uint)descriptor,
            NewFlags = closeOnExec ? O_CLOEXEC : 0,
        };

        // A signal to this thread while the kernel waits for the program takes the descriptor back, but not the answer: the program would
        // find that its open yielded 0.
        long result;
        bool lags = !closeFirst;
        if (lags)
            OpenLocks.Begin();
        using (new BlockedSignals())
        {
            // SAFETY: add lives on this stack for the whole call.
            result = Control(Seccomp.IOCTL_NOTIF_ADDFD, &add);

            // Before 5.14 it takes two steps; a thread that dies between them takes its descriptor with it.
            if (result == -EINVAL && !closeFirst)
            {
                add.Flags = 0;
                result = Control(Seccomp.IOCTL_NOTIF_ADDFD, &add);
                closeFirst = true;
            }
        }

        if (result >= 0 && !closeFirst)
            _answered = true;

        Files.Close(descriptor);
        if (lags)
            OpenLocks.End();
        return _answered ? Outcome.Emulated : Return(result);
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

    private bool Send(int error, uint flags, long value = 0)
    {
        if (_answered)
            throw new InvalidOperationException("A stop is answered once.");
        _answered = true;
        Seccomp.Response response = new() { Id = Notification->Id, Value = value, Error = error, Flags = flags };

        // SAFETY: response lives on this stack for the whole call.
        return Control(Seccomp.IOCTL_NOTIF_SEND, &response) == 0;
    }
}
