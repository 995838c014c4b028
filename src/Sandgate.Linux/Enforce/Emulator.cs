using Sandgate.Core.Decode;
using Sandgate.Core.Trap;
using Sandgate.Linux.Decode;
using Sandgate.Linux.Enforce.Dumpable;
using Sandgate.Linux.Enforce.Sockets;
using Sandgate.Linux.Interop;
using Sandgate.Linux.Trap;

namespace Sandgate.Linux.Enforce;

/// <summary>
/// Knows which calls the supervisor does itself when a rule restricts them by what stands in memory,
/// and how. Belongs to one decoder: what it yields acts on what that decoder read and holds.
/// </summary>
internal sealed class Emulator(ArgumentReader reader, TargetRoots roots, Escort? escort, FileHashes hashes, Action<string>? say)
{
    private readonly OpenEmulation _open = new(reader, roots.Credentials, escort);
    private readonly FailureEmulation _failure = new(reader);
    private readonly NameEmulation _names = new(reader, roots);
    private readonly MountEmulation _mounts = new(reader, roots);
    private readonly FileEmulation _files = new(reader, roots.Credentials);
    private readonly DumpableCalls _dumpable = new(roots, escort);

    /// <summary>Calls on the program's own open files.</summary>
    public DescriptorCalls Descriptors { get; } = new(reader);

    /// <summary>Calls on sockets.</summary>
    public SocketCalls Sockets { get; } = new(reader, roots, say);

    /// <summary>How the supervisor does a call that it does whatever rules there are, where that one stops at all: what keeps programs open to it, and itself safe from them; null for others.</summary>
    public IEmulation? Always(Stop stop) => stop.Number switch
    {
        SyscallNumbers.pidfd_send_signal => new SignalByHandle(reader.Handle, say),
        SyscallNumbers.pidfd_getfd => (IEmulation?)_dumpable.For(stop) ?? new DescriptorByHandle(reader.Handle),
        SyscallNumbers.fcntl or SyscallNumbers.ioctl => SignalOwner.For(stop),
        SyscallNumbers.getsockopt => PeerQuestion.For(stop, roots.Connections),
        _ => _dumpable.For(stop),
    };

    /// <summary>True when such a call waits for the program.</summary>
    public static bool Waits(Stop stop) => stop.Number == SyscallNumbers.pidfd_send_signal || DumpableCalls.Waits(stop);

    /// <summary>True when a call of this name is emulated, verified or refused wherever memory decides about it.</summary>
    public static bool Knows(string syscall) => IsVerified(syscall) || syscall is "pidfd_send_signal" or "pidfd_getfd" || SocketCalls.Knows(syscall) || (Signatures.Find(syscall) is { Operations: [var main, ..] } && main is Operation.Open
        or Operation.Delete or Operation.Rename or Operation.Link or Operation.Symlink or Operation.Mkdir or Operation.Mknod
        or Operation.Truncate or Operation.Chmod or Operation.Chown or Operation.Utime or Operation.Xattr
        or Operation.Stat or Operation.Access or Operation.Readlink or Operation.List);

    /// <summary>True when the kernel does the call and the supervisor looks at what it did.</summary>
    public static bool IsVerified(string syscall) => syscall is "execve" or "execveat" or "chdir" or "fchdir" or "chroot";

    /// <summary>How the supervisor does the call that was just read; null when the kernel goes on with it, or when it can only fail.</summary>
    public IEmulation? For(Stop stop, Signature signature)
    {
        if (reader.CertainErrno == 0 && stop.Number == SyscallNumbers.mount && reader.WatchesNames)
            return _mounts;
        if (stop.Number == SyscallNumbers.mmap)
            return reader.CertainErrno == 0 && escort is not null && WritableCode.MapsFile(stop) ? new MapVerification(escort) : null;
        if (!Knows(signature.Name) || stop.Number is SyscallNumbers.pidfd_send_signal or SyscallNumbers.pidfd_getfd)
            return null;
        if (reader.CertainErrno != 0)
            return SocketCalls.Knows(signature.Name) || IsVerified(signature.Name) || stop.Number == SyscallNumbers.openat2 ? null : _failure;
        switch (stop.Number)
        {
            case SyscallNumbers.open or SyscallNumbers.openat or SyscallNumbers.openat2 or SyscallNumbers.creat:
                return _open;

            case SyscallNumbers.execve or SyscallNumbers.execveat:
                return escort is null ? null : new ExecVerification(escort, reader.Program!, reader.WantsHash ? hashes : null, roots.Credentials);
            case SyscallNumbers.chdir or SyscallNumbers.fchdir or SyscallNumbers.chroot:
                return escort is null ? null : new DirectoryVerification(escort, reader.Target!, isRoot: stop.Number == SyscallNumbers.chroot);

            // What the kernel opens for itself, and what makes a name for a file out of nothing, only the administrator needs.
            // Without OPEN_TREE_CLONE it opens as O_PATH does.
            case SyscallNumbers.open_tree when (stop.Register(2) & 1) == 0:
                return null;
            case SyscallNumbers.open_tree or SyscallNumbers.open_tree_attr:
                return Refusal.ByAbsence;
            case SyscallNumbers.open_by_handle_at or SyscallNumbers.acct
                or SyscallNumbers.swapon or SyscallNumbers.swapoff or SyscallNumbers.uselib or SyscallNumbers.quotactl or SyscallNumbers.quotactl_fd:
                return Refusal.ByPermission;
        }

        return signature.Operations[0] switch
        {
            _ when SocketCalls.Knows(signature.Name) => Sockets.For(stop),
            Operation.Delete or Operation.Rename or Operation.Link or Operation.Symlink or Operation.Mkdir or Operation.Mknod => _names,
            _ => _files,
        };
    }
}
