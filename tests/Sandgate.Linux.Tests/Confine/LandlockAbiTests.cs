using Sandgate.Core.Confine;
using Sandgate.Linux.Confine;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Tests.Confine;

/// <summary>The table of Landlock's versions is the kernel's, and lists come to the rights that they say.</summary>
public class LandlockAbiTests
{
    private const int EINVAL = 22;

    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(1, 0x1fff, 0)]
    [InlineData(2, 0x3fff, 0)]
    [InlineData(3, 0x7fff, 0)]
    [InlineData(4, 0x7fff, 3)]
    [InlineData(5, 0xffff, 3)]
    [InlineData(7, 0xffff, 3)]
    public void A_version_has_its_own_rights_and_those_before(int version, int files, int ports) =>
        Assert.Equal(((FileRights)files, (PortRights)ports), (LandlockAbi.FilesOf(version), LandlockAbi.PortsOf(version)));

    [Fact]
    public unsafe void This_kernel_knows_the_rights_that_the_table_says_and_no_more()
    {
        int version = LandlockAbi.Probe();
        Assert.InRange(version, 1, LandlockAbi.All.Count);
        long Make(ulong files, ulong ports, int size)
        {
            ulong* attributes = stackalloc ulong[3] { files, ports, 0 };

            // SAFETY: attributes is longer than any size that is asked for here.
            long made = Libc.Call(SyscallNumbers.landlock_create_ruleset, (long)attributes, size, 0);
            if (made >= 0)
                Files.Close((int)made);
            return Math.Min(made, 0);
        }

        int length = LandlockAbi.All[version - 1].AttributeSize;
        ulong files = (ulong)LandlockAbi.FilesOf(version), ports = (ulong)LandlockAbi.PortsOf(version);
        Assert.Equal(0, Make(files, ports, length));
        Assert.Equal(-EINVAL, Make(files + 1, 0, length));
        if (version == LandlockAbi.All.Count)
            Assert.Equal(-EINVAL, Make(0, ports + 1, length));
    }

    [Fact]
    public void What_an_older_version_loses_is_said()
    {
        Assert.Empty(LandlockAbi.LostAt(7, FileRights.Writing, PortRights.Bind));
        Assert.Empty(LandlockAbi.LostAt(1, FileRights.Reading, PortRights.None));
        Assert.Equal(
            ["nothing can be moved or linked from one directory into another (Landlock 2, Linux 5.19)", "truncate(2) is not restricted (Landlock 3, Linux 6.2)", "ioctl(2) on devices is not restricted (Landlock 5, Linux 6.10)"],
            LandlockAbi.LostAt(1, FileRights.Writing, PortRights.None));
        Assert.Equal(["TCP ports are not restricted (Landlock 4, Linux 6.7)"], LandlockAbi.LostAt(3, FileRights.None, PortRights.Connect));
    }

    [Fact]
    public void A_list_that_nobody_wrote_restricts_nothing()
    {
        LandlockRules rules = new(new KernelPaths { Read = ["/usr"] }, 7);
        Assert.Equal(FileRights.Reading | FileRights.Refer, rules.Handled);
        Assert.Equal(PortRights.None, rules.HandledPorts);

        // Moving is refused by every ruleset that doesn't allow it: who restricts reading alone doesn't mean that.
        Assert.Equal(new Dictionary<string, FileRights> { ["/"] = FileRights.Refer, ["/usr"] = FileRights.Reading }, rules.Paths);
    }

    [Fact]
    public void Lists_of_one_path_add_up()
    {
        LandlockRules rules = new(new KernelPaths { Read = ["/w"], Write = ["/w"], Execute = ["/bin"], Bind = [], Connect = [443] }, 7);
        Assert.Equal(FileRights.Reading | FileRights.Writing | FileRights.Execute, rules.Handled);
        Assert.Equal(FileRights.Reading | FileRights.Writing, rules.Paths["/w"]);
        Assert.Equal(FileRights.Execute | FileRights.ReadFile, rules.Paths["/bin"]);
        Assert.Equal(PortRights.Bind | PortRights.Connect, rules.HandledPorts);
        Assert.Equal(new Dictionary<int, PortRights> { [443] = PortRights.Connect }, rules.Ports);
    }

    [Fact]
    public void An_older_version_is_not_asked_for_what_it_does_not_know() =>
        Assert.Equal(FileRights.Writing & (FileRights)0x3fff, new LandlockRules(new KernelPaths { Write = ["/w"], Connect = [] }, 2).Handled);

    [Fact]
    public void Without_landlock_or_ports_nothing_is_silently_off()
    {
        using Landlock none = new(new KernelPaths { Read = ["/usr"] }, Demand.Equivalent, 0), portless = new(new KernelPaths { Connect = [] }, Demand.Equivalent, 3),
            gone = new(new KernelPaths { Read = ["/usr"], Connect = [] }, Demand.BestEffort, 3), whole = new(new KernelPaths { Read = ["/usr"] }, Demand.Strict, LandlockAbi.Probe());
        Assert.Equal(GrantKind.Unavailable, none.Prepare().Kind);
        Assert.Equal(GrantKind.Unavailable, portless.Prepare().Kind);
        Grant partial = gone.Prepare();
        Assert.Equal(GrantKind.Substituted, partial.Kind);
        Assert.Contains("TCP ports are not restricted", partial.How, StringComparison.Ordinal);
        Assert.Equal(GrantKind.Given, whole.Prepare().Kind);
    }

    [Fact]
    public void A_path_that_is_not_there_is_an_error_unless_that_is_taken()
    {
        using Landlock asked = new(new KernelPaths { Read = ["/usr", "/nowhere/at/all"] }, Demand.Equivalent, LandlockAbi.Probe());
        Assert.Contains("'/nowhere/at/all': ENOENT", Assert.Throws<SandboxException>(() => asked.Prepare()).Message, StringComparison.Ordinal);
        using Landlock without = new(new KernelPaths { Read = ["/usr", "/nowhere/at/all"] }, Demand.BestEffort, LandlockAbi.Probe());
        Assert.Contains("'/nowhere/at/all' isn't there", without.Prepare().How, StringComparison.Ordinal);
    }
}
