using System.Globalization;
using Sandgate.Core;
using Sandgate.Core.Decode;

namespace Sandgate.Linux.Decode;

/// <summary>
/// Register values as rules see them: numbers as numbers, flags and commands by the kernel's names.
/// The values of the names are those of x86; other architectures have a few others.
/// </summary>
internal static partial class Flags
{
    private const int AT_FDCWD = -100;

    /// <summary>
    /// The argument that stands for a register's value. The kernel looks at only as many bits as the
    /// role has, and so does this: what is left above them is not shown and can't mislead a rule.
    /// Makes no string for numbers and for what was shown before.
    /// </summary>
    /// <param name="role">What the argument means. A pointer of any role but <see cref="Role.Opaque"/> is shown as the word it is.</param>
    /// <param name="value">The register, or a field of a structure that has the same meaning.</param>
    public static Argument ToArgument(Role role, ulong value) => role switch
    {
        Role.Opaque => Argument.Unreadable,
        Role.DirFd when (int)value == AT_FDCWD => Argument.FromText(nameof(AT_FDCWD)),
        Role.Int or Role.Fd or Role.DirFd or Role.FileFd or Role.ReadFd or Role.WriteFd or Role.SocketFd or Role.PidFd or Role.Pid =>
            Argument.FromNumber((int)value),
        Role.UInt => Argument.FromNumber((uint)value),
        Role.Uid or Role.Gid => Argument.FromNumber((uint)value == uint.MaxValue ? -1 : (uint)value),
        Role.Long or Role.FileLength => Argument.FromNumber((long)value),
        Role.Size or Role.Count => Argument.FromNumber((long)Math.Min(value, long.MaxValue)),
        _ => Argument.FromText(Render(role, value)),
    };

    /// <summary>Every word that arguments of this role can show, except numbers and free text.</summary>
    public static IReadOnlyList<string> WordsOf(Role role) => role switch
    {
        Role.DirFd => [nameof(AT_FDCWD)],
        Role.OpenFlags or Role.OpenHow => OpenMode.Words,
        Role.AccessMode => s_accessModes,
        Role.CloneFlags or Role.CloneArgs => CloneKind.Words,
        Role.Signal => SignalNames.Words,
        _ => SetOf(role)?.Words ?? [],
    };

    private static string Render(Role role, ulong value) => role switch
    {
        Role.OpenFlags => OpenMode.Render(value),
        Role.AccessMode => RenderAccess((uint)value),
        Role.Permissions => RenderPermissions((ushort)value),
        Role.CloneFlags => CloneKind.Render(value),
        Role.Signal => SignalNames.Render((int)value),
        Role.Protection or Role.MapFlags or Role.MountFlags or Role.PtraceRequest => SetOf(role)!.Render(value),
        _ => SetOf(role)?.Render((uint)value) ?? "0x" + value.ToString("x", CultureInfo.InvariantCulture),
    };

    private static FlagSet? SetOf(Role role) => role switch
    {
        Role.AtFlags => s_atFlags,
        Role.UnlinkFlags => s_unlinkFlags,
        Role.RenameFlags => s_renameFlags,
        Role.UnshareFlags => s_unshareFlags,
        Role.PtraceRequest => s_ptraceRequests,
        Role.Protection => s_protections,
        Role.MapFlags => s_mapFlags,
        Role.IoctlCommand => s_ioctlCommands,
        Role.PrctlOption => s_prctlOptions,
        Role.SocketFamily => s_socketFamilies,
        Role.SocketType => s_socketTypes,
        Role.MountFlags => s_mountFlags,
        Role.UmountFlags => s_umountFlags,
        Role.Whence => s_whences,
        Role.FcntlCommand => s_fcntlCommands,
        Role.Resource => s_resources,
        Role.Clock => s_clocks,
        _ => null,
    };
}
