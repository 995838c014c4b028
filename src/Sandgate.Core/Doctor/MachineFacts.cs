namespace Sandgate.Core.Doctor;

/// <summary>Where the examination took place, and as whom.</summary>
/// <param name="Kernel">The kernel's release.</param>
/// <param name="Architecture">The processor's architecture.</param>
/// <param name="Container">What tells that this is a container; null when nothing does.</param>
/// <param name="UserId">The effective user id.</param>
/// <param name="Capabilities">The effective capabilities, as a set of bits.</param>
/// <param name="NoNewPrivileges">True when no privileges can be gained any more.</param>
/// <param name="Filtered">True when a seccomp filter is in force already.</param>
/// <param name="OwnUserNamespace">True in a user namespace that isn't the machine's own.</param>
public sealed record MachineFacts(
    string Kernel, string Architecture, string? Container, long UserId, ulong Capabilities, bool NoNewPrivileges, bool Filtered, bool OwnUserNamespace)
{
    /// <summary>True when a capability is in force.</summary>
    public bool Has(int capability) => (Capabilities >> capability & 1) != 0;
}
