using Sandgate.Core;
using Sandgate.Core.Decode;

namespace Sandgate.Linux.Tests.Live;

/// <summary>A rule on a family reaches every system call of it. A case is a line in Cases/families.txt.</summary>
public class FamilyTests
{
    public static TheoryData<string, string, string> Cases()
    {
        TheoryData<string, string, string> cases = [];
        foreach (string line in File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Live", "Cases", "families.txt")))
        {
            if (line.Length == 0 || line[0] == '#')
                continue;
            string[] parts = line.Split('⇶', StringSplitOptions.TrimEntries);
            cases.Add(parts[0], parts[1], parts[2]);
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_rule_on_the_family_denies_the_call(string operation, string pattern, string arguments)
    {
        using World native = new();
        Result free = native.Sandbox.Native(native.Words(arguments));
        Assert.True(free.Status == 0, $"proves nothing, it fails natively: {free}");

        using World world = new();
        string before = world.Snapshot();
        Result denied = world.Sandbox.Under($"{operation} {pattern} = not_allow", world.Words(arguments));
        Assert.True(denied.Status == 1, denied.ToString());
        Assert.Equal($"{arguments.Split(' ')[0]} = {ErrnoOf(operation)}\n", denied.Out);
        Assert.StartsWith("denied ", Assert.Single(denied.Said));
        Assert.Contains($" by rule {Printed(operation)} {pattern} [pid ", denied.Said[0]);
        Assert.Equal(before, world.Snapshot());
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Another_rule_on_the_family_changes_nothing(string operation, string pattern, string arguments)
    {
        Assert.NotEmpty(pattern);
        using World native = new(), world = new();
        Result free = native.Sandbox.Native(native.Words(arguments));
        Result inside = world.Sandbox.Under($"{operation} ('/nowhere/at/all') = not_allow", world.Words(arguments));
        Assert.Equal(free with { Err = "" }, inside with { Err = "" });
        Assert.Empty(inside.Said);
    }

    private static string Printed(string operation) => operation switch
    {
        "sockconnect" => "connect",
        "run_on_all_syscalls_regardless_of_type" => "*",
        _ => operation,
    };

    // EACCES for file operations, EPERM for the others.
    private static string ErrnoOf(string operation) =>
        Operations.Find(operation)?.Arguments.Any(a => a.Kind is ArgumentKind.Path or ArgumentKind.Descriptor) == true ? "EACCES"
        : operation is "*" or "run_on_all_syscalls_regardless_of_type" ? "EACCES" // on setxattr in these cases
        : "EPERM";
}
