using Sandgate.Linux.Launch;

namespace Sandgate.Linux.Tests.Launch;

public sealed class LaunchPlanTests
{
    [Fact]
    public void A_plan_prints_one_numbered_step_a_line()
    {
        using LaunchPlan plan = new();
        plan.Add(StepScope.Child, "die with the supervisor", 157, 1, 9);
        plan.TryAdd(StepScope.Thread, "do something", 321, -1, 0x12345678);
        plan.AddListener("install the filter", 317);
        Assert.Equal(
            """
              1. die with the supervisor: call 157 (1, 9)
              2. do something: call 321 (-1, 0x12345678) (may fail)
              3. install the filter: call 317 ()

            """, plan.ToString());
        Assert.Equal(2, plan.ListenerStep);
    }

    [Fact]
    public void A_plan_without_a_filter_has_no_listener()
    {
        using LaunchPlan plan = new();
        Assert.Equal(-1, plan.ListenerStep);
        Assert.Equal("", plan.ToString());
    }

    [Fact]
    public void The_command_line_prints_the_plan_and_runs_nothing()
    {
        Outside run = Outside.Run(Outside.Sandgate, ["run", "--print-plan", "--", "touch", "/nonexistent/file"]);
        Assert.Equal((0, ""), (run.Status, run.Error));
        string[] lines = run.Output.TrimEnd().Split('\n');
        Assert.StartsWith("  1. reset signal 1: call 13 (1, ", lines[0], StringComparison.Ordinal);
        Assert.Contains("install the filter: call 317", lines[^2], StringComparison.Ordinal);
        Assert.Contains("execute the program: call 59", lines[^1], StringComparison.Ordinal);
    }
}
