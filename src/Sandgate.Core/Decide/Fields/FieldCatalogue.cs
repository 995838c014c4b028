using Sandgate.Core.Decode;

namespace Sandgate.Core.Decide.Fields;

/// <summary>How a field is compared.</summary>
public enum FieldKind : byte
{
    /// <summary>A text.</summary>
    Text,

    /// <summary>A path, with the forms that paths have.</summary>
    Path,

    /// <summary>A whole number.</summary>
    Number,

    /// <summary>A socket's address, which ranges of addresses can contain.</summary>
    Address,

    /// <summary>A host name; upper and lower case are the same.</summary>
    Name,

    /// <summary>True or false.</summary>
    Truth,
}

/// <summary>A field as rules know it.</summary>
/// <param name="Field">Which.</param>
/// <param name="Name">Its name in rules.</param>
/// <param name="Kind">How it is compared.</param>
/// <param name="Needs">What must be read for it beyond the operation's own arguments.</param>
/// <param name="Help">What it is, for people.</param>
public sealed record FieldInfo(Field Field, string Name, FieldKind Kind, Needs Needs, string Help);

/// <summary>The one list of fields: expressions, table rows, scripts, the schema and the documents all use it.</summary>
public static class FieldCatalogue
{
    /// <summary>All fields, in the order of the enumeration.</summary>
    public static IReadOnlyList<FieldInfo> All { get; } =
    [
        new(Field.Call, "call", FieldKind.Text, Needs.Text, "the call's whole text, as in open('/etc/passwd', 'r')"),
        new(Field.Operation, "operation", FieldKind.Text, Needs.None, "the operation's name, as in open"),
        new(Field.Syscall, "syscall", FieldKind.Text, Needs.None, "the kernel's name of the system call, as in openat"),
        new(Field.Path, "path", FieldKind.Path, Needs.None, "the file that the call is about"),
        new(Field.Path2, "path2", FieldKind.Path, Needs.None, "the second file, of rename and link the new name"),
        new(Field.Mode, "mode", FieldKind.Text, Needs.None, "how a file is opened (r, w+create, …) or accessed, or permissions (0755)"),
        new(Field.Fd, "fd", FieldKind.Number, Needs.Registers, "the descriptor that the call uses"),
        new(Field.Data, "data", FieldKind.Text, Needs.Data, "the bytes that are written or sent"),
        new(Field.Size, "size", FieldKind.Number, Needs.DataStart, "how many bytes are written or sent"),
        new(Field.Address, "address", FieldKind.Address, Needs.Addresses, "a socket's address, as in 1.2.3.4:443, [::1]:53, unix:/run/x"),
        new(Field.Host, "host", FieldKind.Address, Needs.Addresses, "the address without its port"),
        new(Field.Port, "port", FieldKind.Number, Needs.Addresses, "the address's port"),
        new(Field.Domain, "domain", FieldKind.Name, Needs.Addresses | Needs.Domains, "the names that the address is known by"),
        new(Field.Exe, "exe", FieldKind.Path, Needs.Executable, "the file that the process runs"),
        new(Field.Comm, "comm", FieldKind.Text, Needs.Identity, "the thread's name for itself"),
        new(Field.Cmdline, "cmdline", FieldKind.Text, Needs.CommandLine, "the process's arguments, with spaces between"),
        new(Field.ParentExe, "parent_exe", FieldKind.Path, Needs.Parent, "the file that the process's parent runs"),
        new(Field.Pid, "pid", FieldKind.Number, Needs.Identity, "the process's id"),
        new(Field.Uid, "uid", FieldKind.Number, Needs.Identity, "the process's effective user id"),
        new(Field.Cwd, "cwd", FieldKind.Path, Needs.Directory, "the process's working directory"),
        new(Field.Sha256, "sha256", FieldKind.Text, Needs.Hash | Needs.Strings | Needs.ResolvedPaths, "the SHA-256 of the file that is opened or executed, in lower-case hexadecimal"),
        new(Field.Launch, "launch", FieldKind.Truth, Needs.Registers, "true for the exec by which Sandgate starts the command, and for no other"),
        new(Field.Arg0, "arg0", FieldKind.Number, Needs.Registers, "the first argument register, unsigned"),
        new(Field.Arg1, "arg1", FieldKind.Number, Needs.Registers, "the second argument register"),
        new(Field.Arg2, "arg2", FieldKind.Number, Needs.Registers, "the third argument register"),
        new(Field.Arg3, "arg3", FieldKind.Number, Needs.Registers, "the fourth argument register"),
        new(Field.Arg4, "arg4", FieldKind.Number, Needs.Registers, "the fifth argument register"),
        new(Field.Arg5, "arg5", FieldKind.Number, Needs.Registers, "the sixth argument register"),
    ];

    /// <summary>The same, and after them what only a recorded call has: rules are asked before there is a verdict.</summary>
    public static IReadOnlyList<FieldInfo> OfRecords { get; } =
    [
        .. All,
        new(Field.Verdict, "verdict", FieldKind.Text, Needs.None, "allow, not_allow or kill"),
        new(Field.Errno, "errno", FieldKind.Text, Needs.None, "what a refused call failed with, as in EACCES"),
        new(Field.Reason, "reason", FieldKind.Text, Needs.None, "why: rule, default, unknown, floor, asked or unanswered"),
        new(Field.Rule, "rule", FieldKind.Text, Needs.None, "the rule that decided"),
        new(Field.Binding, "binding", FieldKind.Text, Needs.None, "how binding: kernel, register, emulated, verified or racy"),
        new(Field.Outcome, "outcome", FieldKind.Text, Needs.None, "what became of it: continued, denied, failed, emulated, vanished or killed"),
        new(Field.Held, "held_us", FieldKind.Number, Needs.None, "how long the thread was held, in whole microseconds"),
        new(Field.Cost, "cost_us", FieldKind.Number, Needs.None, "how long reading and judging took, in whole microseconds"),
        new(Field.Tid, "tid", FieldKind.Number, Needs.None, "the thread"),
        new(Field.N, "n", FieldKind.Number, Needs.None, "the event's number"),
    ];

    /// <summary>What is known of a field.</summary>
    public static FieldInfo Of(Field field) => OfRecords[(int)field];

    /// <summary>The field with this name; null when there is none.</summary>
    public static FieldInfo? Find(string name)
    {
        foreach (FieldInfo info in All)
        {
            if (info.Name == name)
                return info;
        }

        return null;
    }
}
