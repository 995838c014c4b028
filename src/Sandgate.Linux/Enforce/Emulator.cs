using Sandgate.Core.Decode;
using Sandgate.Core.Trap;
using Sandgate.Linux.Decode;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Enforce;

/// <summary>
/// Knows which calls the supervisor does itself when a rule restricts them by what stands in memory,
/// and how. Belongs to one decoder: what it yields acts on what that decoder read and holds.
/// </summary>
internal sealed class Emulator(ArgumentReader reader, TargetRoots roots)
{
    private readonly OpenEmulation _open = new(reader, roots.Credentials);
    private readonly NameEmulation _names = new(reader, roots);
    private readonly MountEmulation _mounts = new(reader, roots);
    private readonly FileEmulation _files = new(reader, roots.Credentials);

    /// <summary>True when a call of this name is emulated or refused wherever memory decides about it.</summary>
    public static bool Knows(string syscall) => Signatures.Find(syscall) is { Operations: [var main, ..] } && main is Operation.Open
        or Operation.Delete or Operation.Rename or Operation.Link or Operation.Symlink or Operation.Mkdir or Operation.Mknod
        or Operation.Truncate or Operation.Chmod or Operation.Chown or Operation.Utime or Operation.Xattr
        or Operation.Stat or Operation.Access or Operation.Readlink;

    /// <summary>How the supervisor does the call that was just read; null when the kernel goes on with it, or when it can only fail.</summary>
    public IEmulation? For(Stop stop, Signature signature)
    {
        if (reader.CertainErrno != 0)
            return null;
        if (stop.Number == SyscallNumbers.mount && reader.WatchesNames)
            return _mounts;
        if (!Knows(signature.Name))
            return null;
        switch (stop.Number)
        {
            case SyscallNumbers.open or SyscallNumbers.openat or SyscallNumbers.openat2 or SyscallNumbers.creat:
                return _open;

            // What the kernel opens for itself, and what makes a name for a file out of nothing, only the administrator needs.
            case SyscallNumbers.open_tree or SyscallNumbers.open_tree_attr:
                return Refusal.ByAbsence;
            case SyscallNumbers.open_by_handle_at or SyscallNumbers.acct
                or SyscallNumbers.swapon or SyscallNumbers.swapoff or SyscallNumbers.uselib or SyscallNumbers.quotactl or SyscallNumbers.quotactl_fd:
                return Refusal.ByPermission;
        }

        return signature.Operations[0] is Operation.Delete or Operation.Rename or Operation.Link or Operation.Symlink or Operation.Mkdir or Operation.Mknod
            ? _names : _files;
    }
}
