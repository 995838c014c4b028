using Sandgate.Linux.Confine.Limits;

namespace Sandgate.Linux.Tests.Confine;

/// <summary>Where control groups are found, by what the kernel says of them.</summary>
public class HierarchyTests
{
    private const string Version1 = """
        31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
        32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid shared:7 - cgroup cgroup rw,cpu,cpuacct
        35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
        40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd
        41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
        """;

    [Fact]
    public void Version_1_is_one_hierarchy_for_each_mount_and_version_2_beside_it()
    {
        List<Hierarchy> all = Hierarchy.Parse("9:name=systemd:/\n4:memory:/a/b\n2:cpu,cpuacct:/\n0::/c\n", Version1);
        Assert.Equal(
            [(1, "memory", "/sys/fs/cgroup/memory/a/b"), (1, "cpu,cpuacct", "/sys/fs/cgroup/cpu,cpuacct"), (2, "", "/sys/fs/cgroup/unified/c")],
            all.Select(h => (h.Version, string.Join(',', h.Controllers), h.Own)));
        Assert.Equal(["/sys/fs/cgroup/memory/a/b", "/sys/fs/cgroup/memory/a", "/sys/fs/cgroup/memory"], all[0].OwnAndAbove());
    }

    [Theory]
    [InlineData("0::/user.slice/app.slice/x.scope", "30 23 0:26 / /sys/fs/cgroup rw shared:4 - cgroup2 cgroup2 rw,nsdelegate", "/sys/fs/cgroup/user.slice/app.slice/x.scope")]
    [InlineData("0::/docker/abc", "30 23 0:26 /docker/abc /sys/fs/cgroup ro - cgroup2 cgroup rw", "/sys/fs/cgroup")]
    [InlineData("0::/docker/abc/in", "30 23 0:26 /docker/abc /sys/fs/cgroup ro - cgroup2 cgroup rw", "/sys/fs/cgroup/in")]
    [InlineData("0::/", "30 23 0:26 / /sys/fs/cgroup ro - cgroup2 cgroup rw", "/sys/fs/cgroup")]
    [InlineData("0::/a", "30 23 0:26 / /with\\040space rw - cgroup2 cgroup rw", "/with space/a")]
    [InlineData("0::/docker/abcd", "30 23 0:26 /docker/abc /sys/fs/cgroup ro - cgroup2 cgroup rw", null)]
    [InlineData("0::/../other", "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup rw", null)]
    [InlineData("4:memory:/a", "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup rw", null)]
    [InlineData("garbage", "more garbage", null)]
    public void The_own_group_is_found_below_the_mount(string groups, string mounts, string? own) =>
        Assert.Equal(own, Hierarchy.Parse(groups, mounts).SingleOrDefault()?.Own);
}
