namespace Sandgate.Linux.Tests.Live;

/// <summary>A Docker daemon of our own, for as long as the tests of this class run.</summary>
public sealed class Daemon : IDisposable
{
    private readonly Sandbox _box = new();

    public Daemon()
    {
        Result started = _box.Start([Repository.PathOf("tests/docker/start.sh"), $"{Environment.ProcessId}"], TimeSpan.FromMinutes(5));
        Assert.True(started.Status == 0, started.ToString());
        _box.Variables["SANDGATE_DOCKER"] = started.Out.Trim();
    }

    /// <summary>Runs a command in a default container.</summary>
    internal Result Run(string user, params string[] command) =>
        _box.Start([Repository.PathOf("tests/docker/run.sh"), user, .. command], TimeSpan.FromMinutes(2));

    public void Dispose()
    {
        _box.Start([Repository.PathOf("tests/docker/stop.sh"), _box.Variables["SANDGATE_DOCKER"]!]);
        _box.Dispose();
    }
}

/// <summary>Sandgate works in a default container with nothing added, as root and as anybody.</summary>
[Collection(nameof(Alone))]
public class DockerTests(Daemon daemon) : IClassFixture<Daemon>
{
    [Theory]
    [InlineData("0")]
    [InlineData("1000")]
    public void The_seeds_example_holds_in_a_default_container(string user)
    {
        Result played = daemon.Run(user, "bash", "-c", "cp -r /examples /tmp/examples && cd /tmp/examples/seed && ./run.sh");
        Assert.True(played.Status == 0, played.ToString());
        Assert.Matches("1[79] of 1[79] steps as expected", played.Out);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("1000")]
    public void A_deny_holds_in_a_default_container(string user)
    {
        Assert.Equal("open = 3\n", daemon.Run(user, "victim", "open", "/etc/passwd").Out);
        Result denied = daemon.Run(user, "sandgate", "run", "-e", "open ('/etc/passwd') = not_allow", "--", "victim", "open", "/proc/self/root/etc/../etc/passwd");
        Assert.Equal((1, "open = EACCES\n"), (denied.Status, denied.Out));
        Assert.Contains("really open('/etc/passwd', 'r') by rule open ('/etc/passwd')", Assert.Single(denied.Denials));
    }

    [Theory]
    [InlineData("0")]
    [InlineData("1000")]
    public void The_floor_holds_in_a_default_container(string user)
    {
        foreach (string attempt in new[] { "kill parent KILL", "ptrace-attach parent", "proc-mem parent rw", "process_vm_writev parent", "io_uring", "clone-untraced", "seccomp-listener" })
        {
            Result refused = daemon.Run(user, ["sandgate", "run", "--", "victim", .. attempt.Split(' ')]);
            Assert.Matches($"^{attempt.Split(' ')[0]} = E[A-Z]+\n$", refused.Out);
            Assert.Equal(1, refused.Status);
        }
    }
}
