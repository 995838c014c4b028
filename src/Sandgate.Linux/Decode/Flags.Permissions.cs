using System.Globalization;

namespace Sandgate.Linux.Decode;

/// <summary>Permission bits and access(2) modes.</summary>
internal static partial class Flags
{
    // By R_OK = 4, W_OK = 2, X_OK = 1; F_OK is 0.
    private static readonly string[] s_accessModes = ["exists", "x", "w", "wx", "r", "rx", "rw", "rwx"];

    private static readonly string?[] s_permissions = new string?[0x1000];

    private static string RenderAccess(uint mode) =>
        mode < s_accessModes.Length ? s_accessModes[mode] : "0x" + mode.ToString("x", CultureInfo.InvariantCulture);

    private static string RenderPermissions(ushort mode) =>
        mode < s_permissions.Length ? s_permissions[mode] ??= MakePermissions(mode) : MakePermissions(mode);

    // As in C: 0644, 04755.
    private static string MakePermissions(ushort mode) => "0" + Convert.ToString(mode, 8).PadLeft(3, '0');
}
