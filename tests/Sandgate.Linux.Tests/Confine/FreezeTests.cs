using System.Diagnostics;
using System.Globalization;
using Sandgate.Linux.Confine.Limits;

namespace Sandgate.Linux.Tests.Confine;

/// <summary>What is done to a group is done to who is in it, in every hierarchy that this machine has.</summary>
public class FreezeTests
{
    [Fact]
    public void A_group_is_frozen_thawed_emptied_and_removed()
    {
        int tried = 0;
        foreach (Hierarchy hierarchy in Hierarchy.All().Where(h => h.Version == 2 || h.Controllers.Contains("freezer")))
        {
            string directory;
            using Process member = Process.Start("sleep", "1000");
            using (ControlGroups groups = new([hierarchy], []))
            {
                ControlGroup? group = groups.With("freezer", "freezer.state") ?? groups.With("", "cgroup.freeze");
                Assert.NotNull(group);
                directory = group.Directory;
                Assert.True(group.Set("cgroup.procs", member.Id), directory);

                Assert.True(group.Freeze(frozen: true));
                Until(() => IsFrozen(group), "frozen");
                Assert.True(group.Freeze(frozen: false));
                Until(() => !IsFrozen(group), "thawed");

                // Version 1 kills nobody who is frozen.
                Assert.True(group.Freeze(frozen: true));
                Until(() => IsFrozen(group), "frozen again");
                group.Kill();
                Assert.True(member.WaitForExit(TimeSpan.FromSeconds(20)), directory);
            }

            Assert.False(Directory.Exists(directory));
            tried++;
        }

        Assert.True(tried > 0, "there is no hierarchy with a freezer");
    }

    [Fact]
    public void Groups_of_a_dead_supervisor_go_when_the_next_is_made_and_those_of_a_living_one_stay()
    {
        Hierarchy hierarchy = Hierarchy.All().First(h => h.Version == 2 || h.Controllers.Contains("freezer"));
        GroupName own = GroupName.Own();
        string dead = Path.Combine(hierarchy.Own, (own with { StartTime = own.StartTime - 1 }).ToString());
        string living = Path.Combine(hierarchy.Own, own.ToString());
        string foreign = Path.Combine(hierarchy.Own, GroupName.Prefix + "by-hand");
        try
        {
            Directory.CreateDirectory(dead);
            Directory.CreateDirectory(living);
            Directory.CreateDirectory(foreign);
            using ControlGroups groups = new([hierarchy], []);
            Assert.NotNull(groups.With("freezer", "freezer.state") ?? groups.With("", "cgroup.freeze"));
            Assert.Equal((false, true, true), (Directory.Exists(dead), Directory.Exists(living), Directory.Exists(foreign)));
        }
        finally
        {
            foreach (string directory in new[] { dead, living, foreign }.Where(Directory.Exists))
                ControlGroup.Remove(directory);
        }
    }

    private static bool IsFrozen(ControlGroup group) => group.Version == 2 ? group.Read("cgroup.events", "frozen") == 1
        : File.ReadAllText(Path.Combine(group.Directory, "freezer.state")).Trim() == "FROZEN";

    private static void Until(Func<bool> done, string what)
    {
        for (long end = Environment.TickCount64 + 20_000; !done(); Thread.Sleep(5))
            Assert.True(Environment.TickCount64 < end, string.Create(CultureInfo.InvariantCulture, $"not {what}"));
    }
}
