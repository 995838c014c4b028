using System.Diagnostics;
using System.Text;
using Sandgate.Linux.Confine.Limits;

namespace Sandgate.Linux.Tests.Confine;

/// <summary>A group's name tells whether its supervisor still lives.</summary>
public class GroupNameTests
{
    [Fact]
    public void A_name_reads_back()
    {
        GroupName own = GroupName.Own();
        Assert.Equal(Environment.ProcessId, own.Supervisor);
        Assert.True(own.StartTime > 0 && own.PidNamespace > 0, own.ToString());
        Assert.Equal(own, GroupName.Parse(own.ToString()));
        Assert.NotEqual(own.ToString(), own.ToString());
    }

    [Theory]
    [InlineData("sandgate-1-2-3")]
    [InlineData("sandgate-1-2-3-4-5")]
    [InlineData("sandgate-x-2-3-abcd")]
    [InlineData("docker-1-2-3-abcd")]
    [InlineData("user.slice")]
    public void Other_names_are_none_of_ours(string name) => Assert.Null(GroupName.Parse(name));

    [Fact]
    public void What_a_living_supervisor_made_is_not_left_over_and_what_a_dead_one_made_is()
    {
        GroupName own = GroupName.Own();
        Assert.False(own.IsLeftOver(own));

        // The same id, used again by another process; and the same in a namespace whose processes nobody sees here.
        Assert.True((own with { StartTime = own.StartTime - 1 }).IsLeftOver(own));
        Assert.False((own with { StartTime = own.StartTime - 1, PidNamespace = own.PidNamespace + 1 }).IsLeftOver(own));

        using Process other = Process.Start("sleep", "100");
        GroupName others = own with { Supervisor = other.Id, StartTime = GroupName.StartTimeOf(other.Id) };
        Assert.False(others.IsLeftOver(own));
        other.Kill();
        other.WaitForExit();
        Assert.True(others.IsLeftOver(own));
    }

    [Theory]
    [InlineData("77 (sh) S 1 77 77 0 -1 4194304 100 0 0 0 5 6 7 8 20 0 3 0 4242 1000 250 18446744073709551615 1 2")]
    [InlineData("77 (a) R 9) (b) S 1 77 77 0 -1 4194304 100 0 0 0 5 6 7 8 20 0 3 0 4242 1000 250 18446744073709551615 1 2")]
    public void A_process_s_figures_are_found_whatever_its_name_is(string stat)
    {
        Assert.True(ProcessUsage.TryParse(Encoding.ASCII.GetBytes(stat), out ProcessUsage usage));
        Assert.Equal(new('S', 3, 26, 4242, IsExiting: false, 250), usage);
    }

    [Theory]
    [InlineData("")]
    [InlineData("77 (sh")]
    [InlineData("77 (sh)")]
    [InlineData("77 (sh) S 1 77 77 0 -1 4194304 100 0 0 0 5")]
    public void A_cut_file_is_no_figure(string stat) => Assert.False(ProcessUsage.TryParse(Encoding.ASCII.GetBytes(stat), out _));
}
