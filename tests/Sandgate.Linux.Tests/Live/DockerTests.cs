using System.Text.Json;

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

    /// <summary>Runs a command in a container with more options, such as a capability.</summary>
    internal Result Run(string user, string options, string[] command)
    {
        _box.Variables["SANDGATE_DOCKER_OPTIONS"] = options;
        try
        {
            return _box.Start([Repository.PathOf("tests/docker/run.sh"), user, .. command], TimeSpan.FromMinutes(3));
        }
        finally
        {
            _box.Variables.Remove("SANDGATE_DOCKER_OPTIONS");
        }
    }

    /// <summary>Runs the client of this daemon.</summary>
    internal Result Client(params string[] arguments)
    {
        // Without it the client wants a plug-in to build with.
        _box.Variables["DOCKER_BUILDKIT"] = "0";
        _box.Variables["DOCKER_HOST"] = $"unix://{_box.Variables["SANDGATE_DOCKER"]}/docker.sock";
        return _box.Start(["docker", .. arguments], TimeSpan.FromMinutes(3));
    }

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

    // There the kernel lets nobody copy descriptors, and root can't look into whoever gave up being root.
    [Fact]
    public void A_program_sees_no_difference_in_a_default_container()
    {
        string[] themes = ["creat", "resolve", "deep", "names", "precedence", "descriptors", "locks", "fifos", "ttys", "proc", "dropping", "signals", "threads", "exec", "unix"];
        Result compared = daemon.Run("0", ["env", "USERS=root user", "bash", "/opt/fidelities/compare.sh", .. themes]);
        foreach (string theme in themes)
        {
            foreach (string who in (string[])["root", "user"])
                Assert.True(("\n" + compared.Out).Contains($"\nsame  {who} {theme} (", StringComparison.Ordinal), $"{who} {theme} differs, or is missing: {compared}");
        }

        Assert.Equal(0, compared.Status);
    }

    [Fact]
    public void Who_gives_up_being_root_can_work_on_in_a_default_container()
    {
        Result worked = daemon.Run("0", "sandgate", "run", "-e", "open ('/etc/passwd') = not_allow", "--", "bash", "-c",
            "mkdir -m 777 /tmp/d; exec setpriv --reuid 1234 --regid 1234 --clear-groups bash -c 'cd /tmp && echo x > d/y && cat d/y; victim open /etc/passwd'");
        Assert.Equal("x\nopen = EACCES\n", worked.Out);
        Assert.Contains("denied open('/etc/passwd', 'r')", worked.Denials[^1]);
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

    [Theory]
    [InlineData("0")]
    [InlineData("1000")]
    public void The_doctor_finds_what_a_default_container_forbids_and_that_the_sandbox_holds(string user)
    {
        Result examined = daemon.Run(user, "sandgate", "doctor", "--json");
        Assert.True(examined.Status == 0, examined.ToString());
        JsonElement report = JsonElement.Parse(examined.Out);
        Dictionary<string, string?> why = report.GetProperty("mechanisms").EnumerateArray()
            .ToDictionary(m => m.GetProperty("name").GetString()!, m => m.TryGetProperty("why", out JsonElement reason) ? reason.GetString() : null);
        foreach ((string name, string[] attempt) in new (string, string[])[]
        {
            ("namespace net", ["unshare", "-n", "true"]), ("namespace user", ["unshare", "-U", "true"]), ("process_vm_readv", ["victim", "process_vm_readv", "self"]),
            ("ptrace", ["victim", "fork", "victim", "ptrace-seize", "parent"]), ("io_uring", ["victim", "io_uring"]), ("32-bit calls (int 0x80)", ["victim", "int80-getpid"]),
            ("cgroup pids", ["mkdir", "/sys/fs/cgroup/pids/doctor-test"]),
        })
        {
            Assert.True(why[name] is null == (daemon.Run(user, attempt).Status == 0), name);
        }

        Assert.Equal("EPERM: the container's seccomp profile forbids the call", why["namespace net"]);
        Assert.StartsWith("EROFS: ", why["cgroup pids"], StringComparison.Ordinal);
        Assert.InRange(report.GetProperty("blocked").GetInt32(), 33, 100);
        Assert.StartsWith("docker, ", report.GetProperty("machine").GetProperty("container").GetString(), StringComparison.Ordinal);
    }

    // pidfd_getfd is forbidden there: the program hands its sockets over.
    [Theory]
    [InlineData("0", "race-connect 4998 4999", "connect ('127.0.0.1:4999')")]
    [InlineData("1000", "race-connect 4998 4999", "connect ('127.0.0.1:4999')")]
    [InlineData("1000", "race-bind 4998 4999", "bind ('127.0.0.1:4999')")]
    [InlineData("1000", "race-sendto 4998 4999", "connect ('127.0.0.1:4999')")]
    [InlineData("1000", "race-sendmmsg 4998 4999", "connect ('127.0.0.1:4999')")]
    [InlineData("1000", "race-content 4998", "send (*, '*secret*')")]
    [InlineData("0", "race-dup2 4998 4999", "send ('127.0.0.1:4999')")]
    [InlineData("1000", "race-dup2 4998 4999", "send ('127.0.0.1:4999')")]
    public void A_race_on_a_socket_is_not_won_in_a_default_container(string user, string race, string rule)
    {
        string[] command = ["victim", .. race.Split(' ')];
        Assert.Matches(" = [1-9][0-9]* leaks", daemon.Run(user, [.. command, "60000"]).Out);
        Result raced = daemon.Run(user, ["sandgate", "run", "-e", $"{rule} = not_allow", "--", .. command, "2000"]);
        Assert.Matches($"^{command[1]} = 0 leaks, [1-9][0-9]* of 2000 done\n$", raced.Out);
    }

    // A filter around Sandgate: call 310, process_vm_readv, fails with EPERM. Then the program given is executed.
    private const string Without = """
        $f = pack("SCCL" x 4, 0x20,0,0,0, 0x15,0,1,310, 0x06,0,0,0x50001, 0x06,0,0,0x7fff0000);
        syscall(157, 38, 1, 0, 0, 0) == 0 && syscall(317, 1, 0, pack("Sx6P", 4, $f)) == 0 or die "seccomp: $!";
        exec @ARGV;
        """;

    [Theory]
    [InlineData("0")]
    [InlineData("1000")]
    public void Where_process_vm_readv_is_forbidden_memory_is_read_another_way(string user)
    {
        Assert.Equal("process_vm_readv = EPERM\n", daemon.Run(user, "perl", "-e", Without, "victim", "process_vm_readv", "self").Out);
        string[] rule = ["-e", "open ('/etc/passwd') = not_allow"];
        Result denied = daemon.Run(user, ["perl", "-e", Without, "sandgate", "run", .. rule, "--", "victim", "open", "/etc/passwd"]);
        Assert.Equal((1, "open = EACCES\n"), (denied.Status, denied.Out));
        Assert.DoesNotContain("could not be judged", Assert.Single(denied.Denials));
        Assert.Equal("open = 3\n", daemon.Run(user, ["perl", "-e", Without, "sandgate", "run", .. rule, "--", "victim", "open", "/etc/group"]).Out);
    }
}
