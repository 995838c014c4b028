using static Sandgate.Core.Decode.Operation;
using static Sandgate.Linux.Decode.Role;

namespace Sandgate.Linux.Decode;

/// <summary>Processes: starting, ending, looking into and steering them; who they are.</summary>
internal static partial class Signatures
{
    private const uint CLONE_VM = 0x100, CLONE_VFORK = 0x4000;

    private static Signature[] Processes() =>
    [
        // Programs
        new("execve", Exec, Path, Argv, Hex),
        new("execveat", Exec, DirFd, Path, Argv, Hex, AtFlags),

        // Starting and ending
        new("fork", Fork),
        new("vfork", Fork) { ImpliedFlags = CLONE_VM | CLONE_VFORK },
        new("clone", Fork, CloneFlags, Hex, Hex, Hex, Hex),
        new("clone3", Fork, CloneArgs, Size),
        new("exit", Int),
        new("exit_group", Int),
        new("wait4", Pid, Hex, Hex, Hex),
        new("waitid", Int, Pid, Hex, Hex, Hex),
        new("set_tid_address", Hex),

        // Looking into others. perf_event_open samples another process's registers and stack;
        // process_madvise and prlimit64 change another's memory and limits.
        new("ptrace", Ptrace, PtraceRequest, Pid, Hex, Hex),
        new("process_vm_readv", Ptrace, Pid, Hex, Count, Hex, Count, Hex),
        new("process_vm_writev", Ptrace, Pid, Hex, Count, Hex, Count, Hex),
        new("pidfd_getfd", Ptrace, PidFd, Int, Hex),
        new("process_madvise", Ptrace, PidFd, Hex, Count, Int, Hex),
        new("kcmp", Ptrace, Pid, Pid, Int, Hex, Hex),
        new("perf_event_open", Ptrace, Hex, Pid, Int, Fd, Hex),
        new("prlimit64", Ptrace, Pid, Resource, Hex, Hex),
        new("pidfd_open", Pid, Hex),
        new("process_mrelease", PidFd, Hex),

        // Attributes of the process itself
        new("prctl", PrctlOption, Hex, Hex, Hex, Hex),
        new("arch_prctl", Hex, Hex),
        new("seccomp", UInt, Hex, Hex),
        new("personality", Hex),
        new("getrlimit", Resource, Hex),
        new("setrlimit", Resource, Hex),
        new("getrusage", Int, Hex),
        new("unshare", UnshareFlags),
        new("setns", FileFd, UnshareFlags),
        new("landlock_create_ruleset", Hex, Size, Hex),
        new("landlock_add_rule", Fd, Int, Hex, Hex),
        new("landlock_restrict_self", Fd, Hex),
        new("lsm_get_self_attr", UInt, Hex, Hex, Hex),
        new("lsm_set_self_attr", UInt, Hex, UInt, Hex),
        new("lsm_list_modules", Hex, Hex, Hex),

        // Scheduling
        new("getpriority", Int, Int),
        new("setpriority", Int, Int, Int),
        new("ioprio_get", Int, Int),
        new("ioprio_set", Int, Int, Int),
        new("sched_yield"),
        new("sched_setparam", Pid, Hex),
        new("sched_getparam", Pid, Hex),
        new("sched_setscheduler", Pid, Int, Hex),
        new("sched_getscheduler", Pid),
        new("sched_setattr", Pid, Hex, Hex),
        new("sched_getattr", Pid, Hex, UInt, Hex),
        new("sched_setaffinity", Pid, UInt, Hex),
        new("sched_getaffinity", Pid, UInt, Hex),
        new("sched_rr_get_interval", Pid, Hex),
        new("sched_get_priority_max", Int),
        new("sched_get_priority_min", Int),
        new("getcpu", Hex, Hex, Hex),

        // Ids
        new("getpid"),
        new("getppid"),
        new("gettid"),
        new("getpgrp"),
        new("getpgid", Pid),
        new("setpgid", Pid, Pid),
        new("getsid", Pid),
        new("setsid"),

        // Users, groups, capabilities
        new("getuid"),
        new("geteuid"),
        new("getgid"),
        new("getegid"),
        new("getresuid", Hex, Hex, Hex),
        new("getresgid", Hex, Hex, Hex),
        new("getgroups", Int, Hex),
        new("setuid", Uid),
        new("setgid", Gid),
        new("setreuid", Uid, Uid),
        new("setregid", Gid, Gid),
        new("setresuid", Uid, Uid, Uid),
        new("setresgid", Gid, Gid, Gid),
        new("setfsuid", Uid),
        new("setfsgid", Gid),
        new("setgroups", Int, Hex),
        new("capget", Hex, Hex),
        new("capset", Hex, Hex),

        // Keys
        new("add_key", Text, Text, InData, Size, Int),
        new("request_key", Text, Text, Text, Int),
        new("keyctl", Int, Hex, Hex, Hex, Hex),
    ];
}
