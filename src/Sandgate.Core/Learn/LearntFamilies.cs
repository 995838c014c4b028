using Sandgate.Core.Decode;

namespace Sandgate.Core.Learn;

/// <summary>Which families a learnt configuration restricts, and which rules can be learnt of at all.</summary>
public static class LearntFamilies
{
    /// <summary>
    /// What is restricted unless the user says otherwise: everything that reaches files, programs, other processes or the network
    /// first. What goes on through descriptors, and asking what there is, costs most and protects least.
    /// </summary>
    public static IReadOnlyList<Operation> Default { get; } =
    [
        Operation.Open, Operation.Exec, Operation.Connect, Operation.Bind, Operation.Listen, Operation.Socket,
        Operation.Truncate, Operation.Delete, Operation.Rename, Operation.Link, Operation.Symlink, Operation.Mkdir, Operation.Mknod,
        Operation.Chmod, Operation.Chown, Operation.Xattr,
        Operation.Mount, Operation.Umount, Operation.Chroot, Operation.PivotRoot, Operation.Kill, Operation.Ptrace,
    ];

    /// <summary>What can be restricted.</summary>
    public static IReadOnlyList<Operation> All { get; } =
    [
        .. Default, Operation.Fork, Operation.Utime, Operation.Stat, Operation.Access, Operation.Readlink, Operation.Chdir, Operation.List,
        Operation.Accept, Operation.Send, Operation.Receive, Operation.Read, Operation.Write,
    ];

    /// <summary>The families' names in rules, in the order of the list.</summary>
    public static IEnumerable<string> Names(IEnumerable<Operation> families) => families.Select(NameOf);

    /// <summary>A family's name in rules.</summary>
    public static string NameOf(Operation family) => Operations.Of(family)!.Name;

    /// <summary>The families that are about a file: their rules are places.</summary>
    internal static bool IsOnPlace(Operation family) =>
        Operations.Of(family)!.Arguments is [{ Kind: ArgumentKind.Path or ArgumentKind.Descriptor }, ..] or [_, { Kind: ArgumentKind.Path }]
        && family is not (Operation.Mount or Operation.PivotRoot);

    /// <summary>The families that are about an address.</summary>
    internal static bool IsOnAddress(Operation family) => Operations.Of(family)!.Arguments is [{ Kind: ArgumentKind.Address }, ..];

    /// <summary>The position of the argument that is the place: the file, and of a symbolic link the link itself.</summary>
    internal static int PlacePosition(Operation family) => family == Operation.Symlink ? 1 : 0;
}
