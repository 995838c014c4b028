namespace Sandgate.Linux.Tests.Live;

/// <summary>What no rule can open by accident, and what a switch of the configuration can (policy.md section 9).</summary>
public class FloorTests
{
    private const string Nothing = """{ "rules": {} }""";

    private static Result Lifted(Sandbox box, string floor, params string[] command) =>
        box.Run(["-c", box.Write("lifted.json", $$"""{ "floor": { "{{floor}}": false } }""")], command);

    [Theory]
    [InlineData("io_uring", "io_uring", "io_uring = ENOSYS")]
    [InlineData("io_uring-open file", "io_uring", "io_uring-open = ENOSYS")]
    [InlineData("int80 file", "foreign_abi", "int80 = ENOSYS")]
    [InlineData("int80-getpid", "foreign_abi", "int80-getpid = ENOSYS")]
    [InlineData("clone-untraced", "clone_untraced", "clone-untraced = EPERM")]
    [InlineData("clone3-untraced", "clone_untraced", "clone3-untraced = ENOSYS")]
    [InlineData("clone3", "clone_untraced", "clone3 = ENOSYS")]
    [InlineData("seccomp-listener", "nested_listener", "seccomp-listener = EBUSY")]
    public void A_way_past_the_filter_is_closed_and_opens_only_by_name(string arguments, string floor, string answer)
    {
        using Sandbox box = new();
        box.Write("file", "x");
        Result native = box.Native(arguments.Split(' '));
        Assert.True(native.Status == 0, $"proves nothing, it fails natively: {native}");
        Result inside = box.Run([], [Sandbox.Victim, .. arguments.Split(' ')]);
        Assert.Equal((1, answer + "\n"), (inside.Status, inside.Out));

        // One sandbox has one listener: the kernel itself refuses the second, whoever allows it.
        Result lifted = Lifted(box, floor, [Sandbox.Victim, .. arguments.Split(' ')]);
        Assert.Equal(floor == "nested_listener" ? answer + "\n" : native.Out, lifted.Out);
        Assert.Contains(lifted.Said, l => l.Contains(floor, StringComparison.Ordinal));
    }

    [Fact]
    public void X32_numbers_are_no_calls()
    {
        using Sandbox box = new();
        box.Write("file", "x");
        Assert.Equal("x32 = ENOSYS\n", box.Run([], Sandbox.Victim, "x32", "file").Out);
        Assert.Equal(box.Native("x32", "file").Out, Lifted(box, "foreign_abi", Sandbox.Victim, "x32", "file").Out);
    }

    [Fact]
    public void The_upper_half_of_a_number_hides_nothing()
    {
        using Sandbox box = new();
        box.Write("file", "x");
        Assert.Equal("high-bits = 3\n", box.Native("high-bits", "file").Out);
        Assert.Equal("high-bits = EACCES\n", box.Under("open ('./file') = not_allow", "high-bits", "file").Out);
    }

    [Fact]
    public void A_filter_of_the_programs_own_is_its_own_business()
    {
        using Sandbox box = new();
        Assert.Equal("seccomp-filter = 0\n", box.Run([], Sandbox.Victim, "seccomp-filter").Out);
    }

    // Natively the parent is a victim that forks: the same program, so that its memory is where the child's is.
    [Theory]
    [InlineData("ptrace-attach parent")]
    [InlineData("ptrace-seize parent")]
    [InlineData("process_vm_readv parent")]
    [InlineData("process_vm_writev parent")]
    [InlineData("proc-mem parent r")]
    [InlineData("proc-mem parent rw")]
    [InlineData("proc-fd parent 0 r")]
    [InlineData("pidfd_getfd parent 0")]
    [InlineData("prlimit parent")]
    [InlineData("prlimit parent 512")]
    public void The_supervisor_is_out_of_reach(string arguments)
    {
        using Sandbox box = new();
        string[] words = arguments.Split(' '), forked = ["fork", Sandbox.Victim, .. words];
        string succeeded = box.Native(forked).Out.Split('\n')[0];
        Assert.Matches($"^{words[0]} = [0-9]+$", succeeded);

        // Between two processes of the program it still works.
        Assert.Equal(succeeded, box.Run([], [Sandbox.Victim, .. forked]).Out.Split('\n')[0]);
        Result inside = box.Run([], [Sandbox.Victim, .. words]);
        Assert.Matches($"^{words[0]} = E(PERM|ACCES|INVAL|SRCH)\n$", inside.Out);

        Result lifted = Lifted(box, "supervisor_memory", [Sandbox.Victim, .. words]);
        Assert.DoesNotMatch(" = E(PERM|ACCES)", lifted.Out);
        Assert.Contains(lifted.Said, l => l.Contains("supervisor_memory", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("kill parent TERM")]
    [InlineData("kill parent KILL")]
    [InlineData("kill parent STOP")]
    [InlineData("tkill parent TERM")]
    [InlineData("tgkill parent KILL")]
    [InlineData("sigqueue parent KILL")]
    [InlineData("tgsigqueue parent TERM")]
    [InlineData("pidfd-kill parent KILL")]
    [InlineData("setown-kill parent TERM")]
    public void The_supervisor_gets_no_signal(string arguments)
    {
        using Sandbox box = new();
        string[] words = arguments.Split(' ');
        int signal = words[2] switch { "TERM" => 15, "KILL" => 9, _ => 19 };
        if (signal != 19)
            Assert.Equal(128 + signal, box.Shell("\"$VICTIM\" \"$@\"; exit 9", words).Status);

        // The parent is the supervisor, which lives to pass on the victim's own status.
        Result direct = box.Run([], [Sandbox.Victim, .. words]);
        Assert.Equal((1, $"{words[0]} = EPERM\n"), (direct.Status, direct.Out));
    }

    [Fact]
    public void A_signal_to_the_whole_group_spares_the_supervisor()
    {
        using Sandbox box = new();
        Assert.Equal(128 + 15, box.Start(["setsid", "-w", "bash", "-c", "\"$VICTIM\" kill-group TERM; exit 9"]).Status);
        Result inside = box.Start(["setsid", "-w", Sandbox.Sandgate, "run", "--", Sandbox.Victim, "kill-group", "TERM"]);
        Assert.Equal((0, "kill-group = 0\n"), (inside.Status, inside.Out));

        // The other members of the group do get it.
        Result others = box.Start(["setsid", "-w", Sandbox.Sandgate, "run", "--", "bash", "-c", "trap 'exit 7' TERM; \"$VICTIM\" kill-group TERM; sleep 5; exit 9"]);
        Assert.Equal(7, others.Status);
    }

    [Fact]
    public void Lifting_the_floor_on_signals_lifts_it()
    {
        using Sandbox box = new();
        Result lifted = Lifted(box, "supervisor_signals", Sandbox.Victim, "kill", "parent", "URG");
        Assert.Equal("kill = 0\n", lifted.Out);
        Assert.Contains(lifted.Said, l => l.Contains("supervisor_signals", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("open c/rules.json w")]
    [InlineData("open c/rules.json rw")]
    [InlineData("open c/rules.json w+append")]
    [InlineData("open-dirfd c rules.json w")]
    [InlineData("openat2 c/rules.json w+truncate")]
    [InlineData("creat c/rules.json")]
    [InlineData("truncate c/rules.json 0")]
    [InlineData("unlink c/rules.json")]
    [InlineData("unlinkat c/rules.json")]
    [InlineData("rename c/rules.json away")]
    [InlineData("rename other c/rules.json")]
    [InlineData("renameat2 other c/rules.json 2")]
    [InlineData("renameat2 c/rules.json other 2")]
    [InlineData("link c/rules.json another")]
    [InlineData("linkat c/rules.json another")]
    [InlineData("rename c away")]
    [InlineData("rename {here} {here}-away")]
    [InlineData("renameat2 d c 2")]
    [InlineData("open link w")]
    [InlineData("open /proc/self/cwd/c/rules.json w")]
    public void The_running_config_cannot_be_rewritten(string arguments)
    {
        Result Attempt(Func<Sandbox, string[], Result> run)
        {
            using Sandbox box = new();
            Directory.CreateDirectory(box.PathOf("c"));
            Directory.CreateDirectory(box.PathOf("d"));
            box.Write("c/rules.json", Nothing);
            box.Write("other", "{}");
            File.CreateSymbolicLink(box.PathOf("link"), "c/rules.json");
            Result result = run(box, [.. arguments.Replace("{here}", box.Directory, StringComparison.Ordinal).Split(' ')]);
            if (Directory.Exists(box.Directory + "-away"))
                Directory.Move(box.Directory + "-away", box.Directory);
            else if (result.Status == 1)
                Assert.Equal(Nothing, File.ReadAllText(box.PathOf("c/rules.json")));
            return result;
        }

        Assert.Equal(0, Attempt((box, words) => box.Native(words)).Status);
        Result inside = Attempt((box, words) => box.Run(["-c", "c/rules.json"], [Sandbox.Victim, .. words]));
        Assert.True(inside.Status == 1, inside.ToString());
        Assert.Matches(" = E(ACCES|PERM)\n", inside.Out);
        Assert.Contains("running_config", Assert.Single(inside.Denials));
    }

    [Fact]
    public void The_running_config_can_be_read_and_its_neighbours_written()
    {
        using Sandbox box = new();
        box.Write("rules.json", Nothing);
        Assert.Equal("open = 3\n", box.Run(["-c", "rules.json"], Sandbox.Victim, "open", "rules.json", "r").Out);
        Assert.Equal("creat = 3\n", box.Run(["-c", "rules.json"], Sandbox.Victim, "creat", "rules.json2").Out);
    }

    [Fact]
    public void The_config_of_the_start_directory_is_protected_too()
    {
        using Sandbox box = new();
        box.Write("config.json", Nothing);
        Assert.Equal("unlink = EACCES\n", box.Run([], Sandbox.Victim, "unlink", "config.json").Out);
        Assert.True(File.Exists(box.PathOf("config.json")));
    }

    [Theory]
    [InlineData("unlink link.json")]
    [InlineData("rename other link.json")]
    [InlineData("open rules.json w")]
    public void A_config_named_by_a_link_is_protected_with_its_link(string arguments)
    {
        using Sandbox box = new();
        box.Write("rules.json", Nothing);
        box.Write("other", "{}");
        File.CreateSymbolicLink(box.PathOf("link.json"), "rules.json");
        Assert.EndsWith(" = EACCES\n", box.Run(["-c", "link.json"], [Sandbox.Victim, .. arguments.Split(' ')]).Out);
    }

    [Fact]
    public void Lifting_the_floor_on_the_config_lifts_it()
    {
        using Sandbox box = new();
        Result lifted = Lifted(box, "running_config", Sandbox.Victim, "unlink", "lifted.json");
        Assert.Equal("unlink = 0\n", lifted.Out);
        Assert.Contains(lifted.Said, l => l.Contains("running_config", StringComparison.Ordinal));
    }

    [Fact]
    public void No_rule_opens_the_floor()
    {
        using Sandbox box = new();
        string config = box.Write("rules.json", """{ "rules": { "*": { "*": "allow" }, "kill": { "*": "allow" }, "ptrace": { "*": "allow" }, "open": { "*": "allow" } } }""");
        Assert.Equal("kill = EPERM\n", box.Run(["-c", config], Sandbox.Victim, "kill", "parent", "KILL").Out);
        Assert.Equal("ptrace-attach = EPERM\n", box.Run(["-c", config], Sandbox.Victim, "ptrace-attach", "parent").Out);
        Assert.Equal("io_uring = ENOSYS\n", box.Run(["-c", config], Sandbox.Victim, "io_uring").Out);
        Assert.Equal("unlink = EACCES\n", box.Run(["-c", config], Sandbox.Victim, "unlink", config).Out);
    }
}
