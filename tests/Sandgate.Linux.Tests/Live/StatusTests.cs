using System.Text.Json;

namespace Sandgate.Linux.Tests.Live;

/// <summary>What is told of a run to whoever started it.</summary>
public class StatusTests
{
    [Fact]
    public void Start_and_end_are_told_and_the_program_has_no_part_in_it()
    {
        using Limited run = new(Limited.User);
        (Result result, JsonElement[] events) = run.Events("", "sh -c 'echo $$; test -e /proc/self/fd/9 && echo inherited; exit 7'");
        Assert.Equal(2, events.Length);
        Assert.Equal("started", events[0].GetProperty("event").GetString());
        Assert.Equal($"{events[0].GetProperty("pid").GetInt32()}\n", result.Out);
        Assert.Equal(("ended", 7), (events[1].GetProperty("event").GetString(), events[1].GetProperty("status").GetInt32()));
        Assert.Equal(JsonValueKind.Null, events[1].GetProperty("limit").ValueKind);
        Assert.Equal((7, ""), (result.Status, result.Err));
    }

    [Theory]
    [InlineData(Limited.Root)]
    [InlineData(Limited.User)]
    public void The_end_tells_what_was_used_and_which_limit_struck(string who)
    {
        using Limited run = new(who);
        (_, JsonElement[] events) = run.Events("--memory 100M --timeout 2s", "sh -c '\"$VICTIM\" spin 300; \"$VICTIM\" fill file 3; \"$VICTIM\" eat-memory 50 500000'");
        JsonElement end = events[^1], usage = end.GetProperty("usage");
        Assert.Equal((124, "time"), (end.GetProperty("status").GetInt32(), end.GetProperty("limit").GetString()));
        Assert.InRange(usage.GetProperty("cpu_seconds").GetDouble(), 0.25, 2);
        Assert.InRange(usage.GetProperty("peak_memory").GetInt64(), 50 << 20, 100 << 20);
        Assert.InRange(usage.GetProperty("disk_written").GetInt64(), 3 << 20, 4 << 20);
        Assert.InRange(usage.GetProperty("most_processes").GetInt32(), 2, 3);
        Assert.InRange(usage.GetProperty("seconds").GetDouble(), 2, 60);
    }

    [Theory]
    [InlineData("--status-fd 8 -- touch marker", "8")]
    [InlineData("--status-fd 8 -- touch marker 8< /dev/null", "8")]
    [InlineData("--status-fd 1 -- touch marker", "1")]
    [InlineData("--status-fd 8 --keep-fd 8 -- touch marker 8> events", "8")]
    [InlineData("--status-fd x -- touch marker", "x")]
    public void A_descriptor_that_cannot_be_used_runs_nothing(string command, string reason)
    {
        using Limited run = new(Limited.Root);
        Result refused = run.Shell("\"$SANDGATE\" run " + command);
        Assert.True(refused.Status == 125 && refused.Err.Contains(reason, StringComparison.Ordinal), refused.ToString());
        Assert.False(File.Exists(run.Box.PathOf("marker")));
    }

    [Fact]
    public void A_summary_is_said_when_it_is_asked_for()
    {
        using Limited run = new(Limited.User);
        Result result = run.Start(["--summary"], run.Victim, "eat-memory", "60", "300");
        Assert.Matches(@"^used [0-9.]+ s of processor time in [0-9.]+ s, at most 6[0-9] MiB of memory, at most 1 process at once, .* written to disks$", Assert.Single(result.Said));
        Assert.Empty(run.Start([], run.Victim, "exit", "0").Said);
    }
}
