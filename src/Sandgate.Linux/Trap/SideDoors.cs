using Sandgate.Core;
using Sandgate.Core.Decide;
using Sandgate.Core.Decode;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Trap;

/// <summary>
/// Ways to do what calls of some family do, past every rule on that family. The filter shuts them where rules may refuse such calls, and can't be changed
/// later: rules that come when the program runs already are refused if they would need a door shut that stands open.
/// </summary>
[Flags]
internal enum SideDoors
{
    /// <summary>None of them.</summary>
    None = 0,

    /// <summary>Packets that go elsewhere than where connect(2) and send(2) say: <see cref="OtherWaysToAddresses"/>.</summary>
    Addresses = 1,

    /// <summary>A port that the kernel chooses, as a program wants it to (<see cref="OtherWaysToPorts"/>).</summary>
    Ports = 32,

    /// <summary>Files that the kernel opens for a program: <see cref="CoreDumps"/>, those of fanotify(7)'s events, and commands of ioctl(2) that open or read without a name.</summary>
    Opens = 2,

    /// <summary>Commands of ioctl(2) that write into files: <see cref="IoctlsOnFiles"/>.</summary>
    Contents = 4,

    /// <summary>Commands of ioctl(2) that change files' attributes.</summary>
    Attributes = 8,

    /// <summary>Commands of ioctl(2) that make, remove and copy directories.</summary>
    Names = 16,

    /// <summary>Reading from a socket by asking for an option of it (<see cref="OtherWaysToReceive"/>), from a file by commands of ioctl(2).</summary>
    Received = 64,

    /// <summary>Signals that come of other things: <see cref="OtherWaysToSignal"/>.</summary>
    Signals = 128,

    /// <summary>Files of a file system for message queues, by calls of their own (mq_overview(7)).</summary>
    Queues = 256,

    /// <summary>The other end of a terminal, opened by a command of ioctl(2).</summary>
    Terminals = 512,
}

/// <summary>Which of the <see cref="SideDoors"/> rules need shut.</summary>
internal static class SideDoorsOf
{
    private static readonly (SideDoors Door, int[] Calls, string Refuses, string Pass, string Families)[] s_doors =
    [
        (SideDoors.Addresses, [SyscallNumbers.connect, SyscallNumbers.sendto, SyscallNumbers.sendmsg],
            "addresses", "source routes and raw sockets", "connect"),
        (SideDoors.Ports, [SyscallNumbers.bind, SyscallNumbers.listen],
            "ports", "sockets that have the kernel choose one (IP_LOCAL_PORT_RANGE)", "bind"),
        (SideDoors.Opens, [SyscallNumbers.openat],
            "to open files", "core dumps, the files of fanotify's events and commands of ioctl", "open"),
        (SideDoors.Contents, [SyscallNumbers.write, SyscallNumbers.truncate],
            "to write or to truncate files", "commands of ioctl that do it", "write"),
        (SideDoors.Attributes, [SyscallNumbers.setxattr],
            "to change attributes", "commands of ioctl that do it", "xattr"),
        (SideDoors.Names, [SyscallNumbers.openat, SyscallNumbers.mkdirat, SyscallNumbers.unlinkat, SyscallNumbers.linkat, SyscallNumbers.renameat, SyscallNumbers.execve],
            "files by their names", "commands of ioctl that copy whole directories", "open"),
        (SideDoors.Received, [SyscallNumbers.read, SyscallNumbers.recvfrom],
            "to read or to receive", "an option of sockets that reads (TCP_ZEROCOPY_RECEIVE) and commands of ioctl that copy files", "receive"),
        (SideDoors.Signals, [SyscallNumbers.kill],
            "signals", "limits and commands of terminals that send them", "kill"),
    ];

    private static readonly (SideDoors Door, string Word, int Call, CallView View)[] s_unnamed =
    [
        (SideDoors.Queues, "mqueue", SyscallNumbers.openat, Of(Operation.Open, "/dev/mqueue/x", "r")),
        (SideDoors.Queues, "mqueue", SyscallNumbers.openat, Of(Operation.Open, "/dev/mqueue/x", "rw+create")),
        (SideDoors.Queues, "mqueue", SyscallNumbers.unlinkat, Of(Operation.Delete, "/dev/mqueue/x")),
        (SideDoors.Terminals, "pts", SyscallNumbers.openat, Of(Operation.Open, "/dev/pts/0", "rw")),
    ];

    private static CallView Of(Operation operation, string path, params string[] words) =>
        new(operation, Operations.Of(operation)!.Name, [Argument.FromPath(path, path), .. words.Select(Argument.FromText)]);

    /// <summary>Those that must be shut for rules to hold.</summary>
    /// <param name="rules">The rules.</param>
    /// <param name="catalogue">The kernel's calls.</param>
    /// <param name="expected">True for calls on which rules may come later.</param>
    public static SideDoors Rules(RuleSet rules, ICatalogue catalogue, Func<SyscallShape, bool> expected)
    {
        SideDoors needed = SideDoors.None;
        foreach ((SideDoors door, int[] calls, _, _, _) in s_doors)
        {
            if (Array.Exists(calls, number => catalogue.ShapeOf(number) is { } shape && (rules.MayRefuse(shape) || expected(shape))))
                needed |= door;
        }

        return needed | Unnamed(rules, catalogue, expected);
    }

    // Files below /dev that calls lead to which show no name. A rule that names others of them may mean these, too.
    private static SideDoors Unnamed(RuleSet rules, ICatalogue catalogue, Func<SyscallShape, bool> expected)
    {
        SideDoors needed = SideDoors.None;
        foreach ((SideDoors door, string word, int number, CallView view) in s_unnamed)
        {
            if (catalogue.ShapeOf(number) is not { } shape)
                continue;
            Call call = new() { ThreadId = 0, Syscall = shape.Name, Views = [view] };
            if (rules.Default != RuleAction.Allow || expected(shape) || rules.Rules.Any(r => r.MayRefuse && r.Scope.Includes(shape)
                && (r.When.ToExpression().Contains(word, StringComparison.Ordinal) || r.When.Matches(call, view, Reading.AnyForm) != Truth.False)))
                needed |= door;
        }

        return needed;
    }

    /// <summary>Says why rules that need <paramref name="open"/> shut can't be put in force.</summary>
    public static string WhyRefused(SideDoors open)
    {
        (_, _, string? refuses, string pass, string families) = Array.Find(s_doors, d => (open & d.Door) != 0);
        if (refuses is null)
            (refuses, pass, families) = ("to open files below /dev", "calls that open message queues and the other ends of terminals", "open");
        return $"the new rules refuse {refuses}, and this run began without such a rule: {pass} get past them; start with --trap={families} to be able to add such rules later";
    }
}
