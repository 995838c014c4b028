namespace Sandgate.Core.Confine;

/// <summary>The names of capabilities (capabilities(7), linux/capability.h), by number.</summary>
public static class CapabilityNames
{
    /// <summary>The names, without CAP_ and in lower case; the index is the number.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        "chown", "dac_override", "dac_read_search", "fowner", "fsetid", "kill", "setgid", "setuid", "setpcap", "linux_immutable",
        "net_bind_service", "net_broadcast", "net_admin", "net_raw", "ipc_lock", "ipc_owner", "sys_module", "sys_rawio", "sys_chroot",
        "sys_ptrace", "sys_pacct", "sys_admin", "sys_boot", "sys_nice", "sys_resource", "sys_time", "sys_tty_config", "mknod", "lease",
        "audit_write", "audit_control", "setfcap", "mac_override", "mac_admin", "syslog", "wake_alarm", "block_suspend", "audit_read",
        "perfmon", "bpf", "checkpoint_restore",
    ];

    /// <summary>A name as this list has it: <c>CAP_NET_RAW</c> is <c>net_raw</c>.</summary>
    public static string Plain(string name)
    {
        string lower = name.ToLowerInvariant();
        return lower.StartsWith("cap_", StringComparison.Ordinal) ? lower[4..] : lower;
    }
}
