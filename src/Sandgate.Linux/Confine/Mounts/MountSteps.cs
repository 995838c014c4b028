using Sandgate.Linux.Interop;
using Sandgate.Linux.Launch;

namespace Sandgate.Linux.Confine.Mounts;

/// <summary>Steps with mount(2) and its relatives, in a mount namespace of the child's own.</summary>
internal static unsafe class MountSteps
{
    private const int MS_NOSUID_NODEV_NOEXEC = 2 | 4 | 8, MS_NOSUID_NODEV = 2 | 4, MS_BIND_REC = 0x1000 | 0x4000, MS_REC_PRIVATE = 0x4000 | 0x40000;
    private const int AT_RECURSIVE = 0x8000, MNT_DETACH = 2, StructMountAttr = 32;
    private const ulong MOUNT_ATTR_RDONLY = 1;

    /// <summary>What is mounted from now on stays here, and what others mount stays there.</summary>
    public static void AddPrivate(LaunchPlan plan) =>
        plan.Add(StepScope.Child, "keep mounts to itself", SyscallNumbers.mount, 0, (long)plan.Memory.Text("/"), 0, MS_REC_PRIVATE, 0);

    /// <summary>A /proc of the PID namespace that the child is in.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="root">Where the program's root is; "" for here.</param>
    public static void AddProc(LaunchPlan plan, string root) =>
        Mount(plan, "mount a /proc of its own", "proc", root + "/proc", "proc", MS_NOSUID_NODEV_NOEXEC, "");

    /// <summary>An empty directory of its own in the place of another.</summary>
    public static void AddEmpty(LaunchPlan plan, string directory, string options, bool isSealed = false)
    {
        Mount(plan, $"mount an empty {directory}", "tmpfs", directory, "tmpfs", MS_NOSUID_NODEV, options);
        if (isSealed)
            SetReadOnly(plan, directory, true);
    }

    /// <summary>A file or directory, and what lies below it, as a mount of its own, so that its state can be changed.</summary>
    public static void AddBind(LaunchPlan plan, string from, string to) =>
        Mount(plan, from == to ? $"take hold of {to}" : $"mount {from} on {to}", from, to, "", MS_BIND_REC, "");

    /// <summary>Makes a mount and all below it read only, or writable.</summary>
    public static void SetReadOnly(LaunchPlan plan, string path, bool readOnly)
    {
        // struct mount_attr: what is set, what is cleared, propagation, user namespace.
        ulong* attributes = plan.Memory.Copy<ulong>(readOnly ? [MOUNT_ATTR_RDONLY, 0, 0, 0] : [0, MOUNT_ATTR_RDONLY, 0, 0]);
        plan.Add(StepScope.Child, readOnly ? $"make {path} read only" : $"make {path} writable",
            SyscallNumbers.mount_setattr, Files.AT_FDCWD, (long)plan.Memory.Text(path), AT_RECURSIVE, (long)attributes, StructMountAttr);
    }

    /// <summary>Makes a mounted directory the root, and lets go of the old one.</summary>
    public static void AddPivot(LaunchPlan plan, string root)
    {
        byte* here = plan.Memory.Text(".");
        Enter(plan, root);
        plan.Add(StepScope.Child, $"make {root} the root", SyscallNumbers.pivot_root, (long)here, (long)here);
        plan.Add(StepScope.Child, "let go of the old root", SyscallNumbers.umount2, (long)here, MNT_DETACH);
        Enter(plan, "/");
    }

    /// <summary>Goes to a directory, by its name as it is seen now.</summary>
    public static void Enter(LaunchPlan plan, string directory) =>
        plan.Add(StepScope.Child, $"go to {directory}", SyscallNumbers.chdir, (long)plan.Memory.Text(directory));

    /// <summary>mount(2).</summary>
    public static void Mount(LaunchPlan plan, string purpose, string source, string target, string type, long flags, string options) =>
        plan.Add(StepScope.Child, purpose, SyscallNumbers.mount,
            (long)plan.Memory.Text(source), (long)plan.Memory.Text(target), (long)plan.Memory.Text(type), flags, (long)plan.Memory.Text(options));
}
