using System.Text.Json;
using Sandgate.Core.Record;
using Sandgate.Core.Record.Tree;

namespace Sandgate.Core.Tests.Record;

/// <summary>Processes are put together from whatever a record tells of them.</summary>
public class TreeTests
{
    private static Caller Caller(int pid, int parent, string name = "sh") => new() { ProcessId = pid, ParentId = parent, Name = name, Executable = "/bin/" + name };

    private static ProcessTree Of(params RecordedEvent[] events)
    {
        ProcessTree tree = new();
        foreach (RecordedEvent recorded in events)
            tree.Add(recorded);
        return tree;
    }

    [Fact]
    public void Starts_ends_and_calls_make_a_tree()
    {
        DateTimeOffset t = Recorded.Begin;
        ProcessTree tree = Of(
            Recorded.Session(),
            new ProcessStarted { Time = t, Caller = Caller(10, 1) },
            new ProcessStarted { Time = t.AddSeconds(1), Caller = Caller(11, 10) },
            new ProcessExecuted { Time = t.AddSeconds(2), Caller = Caller(11, 10, "cat") },
            Recorded.Open("/etc/passwd", second: 2, allowed: false, pid: 11) with { Caller = Caller(11, 10, "cat") },
            new ProcessEnded { Time = t.AddSeconds(3), ProcessId = 11, Status = 1, Cpu = TimeSpan.FromSeconds(0.5), PeakMemory = 3 << 20 },
            new ProcessStarted { Time = t.AddSeconds(4), Caller = Caller(12, 10) });
        string[] lines = [.. ProcessTreeText.Lines(tree, colour: false)];
        Assert.Equal(3, lines.Length);
        Assert.StartsWith("10 /bin/sh  0 calls", lines[0], StringComparison.Ordinal);
        Assert.Equal("├─ 11 /bin/cat  1 call, 1 denied, 10:00:01.000–10:00:03.000, status 1, cpu 500 ms, peak 3 MiB\n", lines[1]);
        Assert.StartsWith("└─ 12 /bin/sh", lines[2], StringComparison.Ordinal);
    }

    [Fact]
    public void A_number_that_is_used_again_is_another_process()
    {
        ProcessTree tree = Of(
            Recorded.Open("/x", pid: 10), new ProcessEnded { Time = Recorded.Begin.AddSeconds(1), ProcessId = 10, Status = 0 }, Recorded.Open("/late", pid: 10),
            new ProcessStarted { Time = Recorded.Begin.AddSeconds(2), Caller = Caller(10, 1) }, Recorded.Open("/x", second: 2, pid: 10));
        Assert.Equal([2, 1], tree.All.Select(n => n.Calls));
        Assert.NotNull(tree.All[0].Ended);
        Assert.Null(tree.All[1].Ended);
    }

    [Fact]
    public void Depth_is_no_danger_and_names_are_escaped()
    {
        ProcessTree tree = new();
        for (int pid = 2; pid < 20_000; pid++)
            tree.Add(new ProcessStarted { Time = Recorded.Begin, Caller = Caller(pid, pid - 1, "a\n\e[31m\udcff") });
        Assert.Equal(19_998, ProcessTreeText.Lines(tree, colour: false).Count());
        Assert.All(ProcessTreeText.Lines(tree, colour: false).Take(100), l => Assert.Matches(@"^[^\x00-\x1f]*\n$", l));
        using MemoryStream output = new();
        using (Utf8JsonWriter json = new(output))
            ProcessTreeJson.Write(json, tree);
        using JsonDocument read = JsonDocument.Parse(output.ToArray());
        Assert.Equal(19_997, read.RootElement[19_997].GetProperty("depth").GetInt32());
    }
}
