namespace Sandgate.Core.Decode;

/// <summary>An argument that an operation shows to rules.</summary>
/// <param name="Name">The field's name.</param>
/// <param name="Kind">How patterns look at it.</param>
public sealed record OperationArgument(string Name, ArgumentKind Kind);

/// <summary>What rules may know of an operation.</summary>
/// <param name="Operation">The family.</param>
/// <param name="Name">Its name in rules.</param>
/// <param name="Arguments">Its arguments by position.</param>
/// <param name="Rest">True when the last argument repeats (every element of argv).</param>
public sealed record OperationInfo(Operation Operation, string Name, OperationArgument[] Arguments, bool Rest = false)
{
    /// <summary>The kind of the argument at a position.</summary>
    public ArgumentKind KindAt(int position) =>
        position < Arguments.Length ? Arguments[position].Kind
        : Rest ? Arguments[^1].Kind
        : ArgumentKind.Text;

    /// <summary>True when the argument at a position names a file, so that <c>./*</c> is relative to the start directory.</summary>
    public bool NamesFileAt(int position) => KindAt(position) is ArgumentKind.Path or ArgumentKind.Descriptor || IsExecutableAt(position);

    /// <summary>True when the argument at a position is the file that a process runs, known by its real path only.</summary>
    public bool IsExecutableAt(int position) => Operation == Operation.Kill && position == 1;
}

/// <summary>The catalogue of operations: the one place that names them and their arguments.</summary>
public static class Operations
{
    /// <summary>All families, in the order in which they are listed to people.</summary>
    public static IReadOnlyList<OperationInfo> All { get; } =
    [
        new(Operation.Open, "open", [Path("path"), Word("mode")]),
        new(Operation.Read, "read", [Descriptor("path")]),
        new(Operation.Write, "write", [Descriptor("path"), Data("data")]),
        new(Operation.Truncate, "truncate", [Path("path"), Number("length")]),
        new(Operation.Exec, "exec", [Path("path"), Text("argv")], Rest: true),
        new(Operation.Fork, "fork", [Word("kind")]),
        new(Operation.Connect, "connect", [Address("address")]),
        new(Operation.Send, "send", [Address("address"), Data("data")]),
        new(Operation.Receive, "receive", [Address("address")]),
        new(Operation.Bind, "bind", [Address("address")]),
        new(Operation.Listen, "listen", [Address("address")]),
        new(Operation.Accept, "accept", [Address("address")]),
        new(Operation.Socket, "socket", [Word("family"), Word("type")]),
        new(Operation.Delete, "delete", [Path("path")]),
        new(Operation.Rename, "rename", [Path("from"), Path("to")]),
        new(Operation.Link, "link", [Path("from"), Path("to")]),
        new(Operation.Symlink, "symlink", [Text("from"), Path("to")]),
        new(Operation.Mkdir, "mkdir", [Path("path"), Word("permissions")]),
        new(Operation.Mknod, "mknod", [Path("path"), Word("permissions")]),
        new(Operation.Chmod, "chmod", [Path("path"), Word("permissions")]),
        new(Operation.Chown, "chown", [Path("path"), Number("uid"), Number("gid")]),
        new(Operation.Utime, "utime", [Path("path")]),
        new(Operation.Xattr, "xattr", [Path("path"), Text("name")]),
        new(Operation.Stat, "stat", [Path("path")]),
        new(Operation.Access, "access", [Path("path"), Word("mode")]),
        new(Operation.Readlink, "readlink", [Path("path")]),
        new(Operation.Chdir, "chdir", [Path("path")]),
        new(Operation.List, "list", [Path("path")]),
        new(Operation.Mount, "mount", [Text("source"), Path("target"), Text("type")]),
        new(Operation.Umount, "umount", [Path("target")]),
        new(Operation.Chroot, "chroot", [Path("path")]),
        new(Operation.PivotRoot, "pivot_root", [Path("new_root"), Path("put_old")]),
        new(Operation.Kill, "kill", [Number("pid"), Text("exe"), Word("signal")]),
        new(Operation.Ptrace, "ptrace", [Number("pid"), Word("request")]),
    ];

    /// <summary>Spellings of the key that reaches every call: the seed's own, the corrected one, the short form.</summary>
    public static IReadOnlyList<string> EveryCallNames { get; } =
        ["run_on_all_syscalls_regardless_of_type", "run_on_all_syscalls_regrdless_of_type", "*"];

    /// <summary>How many values <see cref="Operation"/> has.</summary>
    public const int Count = (int)Operation.Ptrace + 1;

    private static readonly Dictionary<string, OperationInfo> s_byName = BuildNames();

    private static readonly OperationInfo?[] s_byOperation = BuildIndex();

    /// <summary>The family with this name or alias; null when there is none.</summary>
    public static OperationInfo? Find(string name) => s_byName.GetValueOrDefault(name);

    /// <summary>What is known of a family; null for <see cref="Operation.Syscall"/>.</summary>
    public static OperationInfo? Of(Operation operation) => s_byOperation[(int)operation];

    private static Dictionary<string, OperationInfo> BuildNames()
    {
        Dictionary<string, OperationInfo> names = new(StringComparer.Ordinal);
        foreach (OperationInfo info in All)
            names.Add(info.Name, info);
        names["sockconnect"] = names["connect"];
        return names;
    }

    private static OperationInfo?[] BuildIndex()
    {
        OperationInfo?[] index = new OperationInfo?[Count];
        foreach (OperationInfo info in All)
            index[(int)info.Operation] = info;
        return index;
    }

    private static OperationArgument Path(string name) => new(name, ArgumentKind.Path);
    private static OperationArgument Descriptor(string name) => new(name, ArgumentKind.Descriptor);
    private static OperationArgument Word(string name) => new(name, ArgumentKind.Word);
    private static OperationArgument Address(string name) => new(name, ArgumentKind.Address);
    private static OperationArgument Text(string name) => new(name, ArgumentKind.Text);
    private static OperationArgument Number(string name) => new(name, ArgumentKind.Number);
    private static OperationArgument Data(string name) => new(name, ArgumentKind.Data);
}
