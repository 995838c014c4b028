namespace Sandgate.Linux.Tests.Live;

/// <summary>Control groups go when their run has gone, however it went.</summary>
public class ControlGroupTests
{
    private const string Groups = "groups() { find /sys/fs/cgroup -maxdepth 8 -type d -name \"sandgate-$1-*\" 2>/dev/null; }\n";

    public ControlGroupTests() =>
        Assert.True(Limited.HasGroups("memory", "memory.max", "memory.limit_in_bytes"), "root can make no control groups here");

    [Fact]
    public void Nothing_is_left_of_fifty_runs()
    {
        using Limited run = new(Limited.Root);
        run.Box.Write("limits.json", """{ "limits": { "memory": "32M", "processes": 20, "cpus": 1, "cpu_time": "10s" } }""");
        Result result = run.Shell(Groups + """
            seen=0
            for i in $(seq 50); do
              case $((i % 3)) in 0) c="eat-memory 100 1000";; 1) c="fork-many 40 20";; 2) c="exit 3";; esac
              "$SANDGATE" run -c limits.json -- "$VICTIM" $c > out 2> err & p=$!
              while kill -0 $p 2>/dev/null; do [ -n "$(groups $p)" ] && { seen=$((seen+1)); break; }; done
              wait $p
              groups $p
            done
            [ $seen -gt 10 ] && echo seen
            """);
        Assert.Equal("seen\n", result.Out);
    }

    [Fact]
    public void The_next_run_removes_what_a_killed_supervisor_left()
    {
        using Limited run = new(Limited.Root);
        Result result = run.Shell(Groups + """
            "$SANDGATE" run --memory 100M --pids 20 -- sh -c 'setsid sleep 1234 & echo $! > left; echo run > ready; sleep 1234' & p=$!
            until [ -s ready ]; do sleep 0.02; done
            kill -KILL $p; wait $p 2> /dev/null
            [ -n "$(groups $p)" ] && echo left
            kill -0 $(cat left) && echo running
            "$SANDGATE" run --memory 100M --pids 20 -- true
            groups $p
            for i in $(seq 100); do kill -0 $(cat left) 2> /dev/null || { echo gone; break; }; sleep 0.05; done
            """);
        Assert.Equal("left\nrunning\ngone\n", result.Out);
    }

    [Fact]
    public void The_supervisor_stays_where_it_was()
    {
        using Limited run = new(Limited.Root);
        Result result = run.Shell("""
            cat /proc/self/cgroup > outside
            "$SANDGATE" run --memory 100M --pids 20 -- sh -c 'cat /proc/$PPID/cgroup > supervisor; cat /proc/self/cgroup > inside'
            cmp outside supervisor && echo same
            cmp -s outside inside || echo moved
            """);
        Assert.Equal("same\nmoved\n", result.Out);
    }

    [Fact]
    public void Who_leaves_his_group_is_killed()
    {
        using Limited run = new(Limited.Root);
        Result result = run.Start(["--memory", "100M"], "sh", "-c",
            "d=$(find /sys/fs/cgroup -maxdepth 8 -type d -name \"sandgate-$PPID-*\" | head -n 1); echo $$ > \"${d%/*}/cgroup.procs\" && echo out; sleep 300");
        Assert.True(result.Status == 137 && result.Out == "out\n", result.ToString());
        Assert.Contains(result.Said, l => l.Contains("has left its control group", StringComparison.Ordinal));
    }
}
