using Sandgate.Core.Decide;
using Sandgate.Core.Doctor;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Doctor.Mechanisms;

/// <summary>Limits over a whole tree of processes: a group is made below the own one, a limit that limits nothing is set, and the group removed.</summary>
internal static unsafe class ControlGroupTrials
{
    private const int EPERM = 1, ENOENT = 2, EACCES = 13, EBUSY = 16, EROFS = 30, O_WRONLY = 1;

    // Per controller the file and the harmless value of version 1, then of version 2.
    private static readonly (string Controller, string File1, string Value1, string File2, string Value2, string Instead)[] s_controllers =
    [
        ("memory", "memory.limit_in_bytes", "-1", "memory.max", "max", "no limit over the tree; rlimits hold for each process"),
        ("cpu", "cpu.shares", "1024", "cpu.max", "max", "no limit over the tree; rlimits hold for each process"),
        ("pids", "pids.max", "max", "pids.max", "max", "RLIMIT_NPROC, which counts all processes of the user"),
        ("freezer", "freezer.state", "THAWED", "cgroup.freeze", "0", "signals to one process after the other"),
    ];

    /// <summary>Tries.</summary>
    public static IEnumerable<MechanismFinding> Examine()
    {
        ControlGroup? unified = ControlGroup.Unified();
        foreach ((string controller, string file1, string value1, string file2, string value2, string instead) in s_controllers)
        {
            string name = "cgroup " + controller;
            bool isUnified = unified is not null && (controller == "freezer" ? ControlGroup.Of(controller) is null : Words(unified, "cgroup.controllers").Contains(controller));
            ControlGroup? group = isUnified ? unified : ControlGroup.Of(controller);
            string? why = group is null
                ? "no such controller is mounted here"
                : isUnified ? Try(group, controller, file2, value2) : Try(group, controller, file1, value1);
            yield return why is null
                ? MechanismFinding.Works(name, $"version {group!.Version}")
                : MechanismFinding.Lacking(name, why, instead);
        }
    }

    // Null when it works, else why it doesn't.
    private static string? Try(ControlGroup group, string controller, string file, string value)
    {
        string made = Path.Join(group.Directory, "sandgate-doctor-" + Environment.ProcessId.ToString(System.Globalization.CultureInfo.InvariantCulture));
        using NativeArena memory = new();
        int result = (int)Libc.Call(SyscallNumbers.mkdir, (long)memory.Text(made), 0x1ed /* 0755 */);
        if (result < 0)
            return Explain(-result, group);
        try
        {
            result = Write(Path.Join(made, file), value);
            if (result != -ENOENT || group.Version == 1 || controller == "freezer")
                return result >= 0 ? null : Explain(-result, group);

            // Version 2 hands controllers down by name.
            string handed = Path.Join(group.Directory, "cgroup.subtree_control");
            result = Write(handed, "+" + controller);
            if (result < 0)
                return result == -EBUSY ? "EBUSY: processes live in this group, so that it can't hand its controllers down" : Explain(-result, group);
            result = Write(Path.Join(made, file), value);
            Write(handed, "-" + controller);
            return result >= 0 ? null : Explain(-result, group);
        }
        finally
        {
            Libc.Call(SyscallNumbers.rmdir, (long)memory.Text(made));
        }
    }

    private static string Explain(int errno, ControlGroup group) => $"{Errnos.NameOf(errno)}: " + errno switch
    {
        EROFS => $"{group.Directory} is mounted read-only",
        EACCES or EPERM => $"{group.Directory} belongs to another user",
        ENOENT => $"{group.Directory} isn't there",
        _ => $"{group.Directory} refuses it",
    };

    private static string[] Words(ControlGroup group, string file) => (Machine.Setting(Path.Join(group.Directory, file)) ?? "").Split(' ');

    private static int Write(string file, string value)
    {
        using NativeArena memory = new();
        int descriptor = (int)Libc.CallBlocking(SyscallNumbers.openat, Files.AT_FDCWD, (long)memory.Text(file), O_WRONLY | Files.O_CLOEXEC);
        if (descriptor < 0)
            return descriptor;
        int written = (int)Libc.CallBlocking(SyscallNumbers.write, descriptor, (long)memory.Text(value), value.Length);
        Files.Close(descriptor);
        return written;
    }
}
