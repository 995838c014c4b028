using System.Text.Json;
using Sandgate.Core.Doctor;
using Sandgate.Linux.Doctor;

namespace Sandgate.Linux.Tests.Live;

/// <summary>What the doctor says of the machine is held against attempts of others; what it says of the sandbox, against none.</summary>
[Collection(nameof(Alone))]
public class DoctorTests
{
    private static readonly string[] s_user = ["setpriv", "--reuid", "4250", "--regid", "4250", "--clear-groups", "--"];

    public static TheoryData<string> People => ["root", "user"];

    [Theory]
    [MemberData(nameof(People))]
    public void Everything_that_can_be_tried_is_blocked(string who)
    {
        using Sandbox box = new();
        (Result result, JsonElement report) = Examine(box, Person(who));
        Assert.True(result.Status == 0, result.ToString());
        ILookup<string, string> canaries = report.GetProperty("canaries").EnumerateArray().ToLookup(c => Text(c, "outcome"), c => Text(c, "name"));
        Assert.Empty(canaries["not_blocked"]);

        // Opening by handle takes CAP_DAC_READ_SEARCH.
        Assert.Equal(who == "root" ? [] : ["handle"], canaries["not_tried"]);
        Assert.InRange(canaries["blocked"].Count(), 36, 100);
        Assert.Equal((report.GetProperty("blocked").GetInt32(), report.GetProperty("tried").GetInt32()), (canaries["blocked"].Count(), canaries["blocked"].Count()));
        Assert.True(report.GetProperty("ok").GetBoolean());
        Assert.Empty(Directory.GetFileSystemEntries("/tmp", "sandgate-doctor-*"));
    }

    public static TheoryData<string, string, string> Kinds()
    {
        TheoryData<string, string, string> kinds = [];
        foreach (string who in new[] { "root", "user" })
        {
            foreach ((string kind, string option) in new[] { ("pid", "-pf"), ("net", "-n"), ("mount", "-m"), ("ipc", "-i"), ("uts", "-u"), ("cgroup", "-C"), ("time", "-T") })
                kinds.Add(who, kind, option);
        }

        return kinds;
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_namespace_is_there_if_unshare_makes_one(string who, string kind, string option)
    {
        using Sandbox box = new();
        bool direct = box.Start([.. Person(who), "unshare", option, "true"]).Status == 0, inside = box.Start([.. Person(who), "unshare", "-r", option, "true"]).Status == 0;
        JsonElement finding = Find(Examine(box, Person(who)).Report, "namespace " + kind);
        Assert.Equal(direct || inside, finding.GetProperty("available").GetBoolean());
        Assert.Equal(direct ? "directly" : inside ? "in a user namespace" : null, finding.TryGetProperty("how", out JsonElement how) ? how.GetString() : null);
    }

    // In a user namespace of its own, root can forbid itself the others.
    [Theory]
    [InlineData("net", "-n", "net")]
    [InlineData("uts", "-u", "uts")]
    [InlineData("mount", "-m", "mnt")]
    public void A_namespace_is_not_there_if_a_setting_forbids_it(string kind, string option, string setting)
    {
        using Sandbox box = new();
        Result examined = box.Shell(
            "unshare -r sh -c 'echo 0 > /proc/sys/user/max_$1_namespaces; unshare $2 true 2>/dev/null; echo $?; \"$SANDGATE\" doctor --json' sh \"$@\"", setting, option);
        string[] output = examined.Out.Split('\n', 2);
        Assert.Equal("1", output[0]);
        JsonElement finding = Find(JsonElement.Parse(output[1]), "namespace " + kind);
        Assert.False(finding.GetProperty("available").GetBoolean());
        Assert.Contains($"user.max_{setting}_namespaces is 0", Text(finding, "why"));
        Assert.NotEmpty(Text(finding, "instead"));
    }

    [Theory]
    [MemberData(nameof(People))]
    public void Other_mechanisms_are_there_if_others_find_them(string who)
    {
        using Sandbox box = new();
        File.SetUnixFileMode(box.Directory, (UnixFileMode)0x1ff);
        JsonElement report = Examine(box, Person(who)).Report;
        void Agree(string name, params string[] attempt) =>
            Assert.True(Find(report, name).GetProperty("available").GetBoolean() == (box.Start([.. Person(who), .. attempt]).Status == 0), name);
        Agree("seccomp user notification", Sandbox.Victim, "seccomp-listener");
        Agree("ptrace", "strace", "-o", "/dev/null", "true");
        Agree("process_vm_readv", Sandbox.Victim, "process_vm_readv", "self");
        Agree("pidfd_getfd", Sandbox.Victim, "fork", Sandbox.Victim, "pidfd_getfd", "parent", "0");
        Agree("openat2", Sandbox.Victim, "openat2", "/etc/passwd", "r");
        Agree("io_uring", Sandbox.Victim, "io_uring");
        Agree("32-bit calls (int 0x80)", Sandbox.Victim, "int80-getpid");
        Agree("mounting /proc", [.. who == "root" ? (string[])["unshare"] : ["unshare", "-r"], "-pfm", "--mount-proc", "true"]);
        const string Landlock = "import ctypes; print(ctypes.CDLL(None).syscall(444, None, 0, 1))";
        Assert.Equal($"ABI {box.Start([.. Person(who), "/usr/bin/python3", "-c", Landlock]).Out.Trim()}", Text(Find(report, "Landlock"), "how"));
        const string MemoryFile = "import os, shutil; f = os.memfd_create('', 0); os.write(f, open(shutil.which('true'), 'rb').read()); os.execve(f, ['true'], {})";
        Agree("programs in memory files (memfd_create, execveat)", "/usr/bin/python3", "-c", MemoryFile);
        string group = File.ReadLines("/proc/self/cgroup").First(l => l.Split(':')[1].Split(',').Contains("pids")).Split(':', 3)[2];
        Agree("cgroup pids", "sh", "-c", "mkdir \"$1\" && rmdir \"$1\"", "sh", $"/sys/fs/cgroup/pids{group.TrimEnd('/')}/doctor-test");
    }

    // A filter around Sandgate: the call fails with EPERM. Then the program given is executed.
    private const string Without = """
        my $call = shift @ARGV;
        my $f = pack("SCCL" x 4, 0x20,0,0,0, 0x15,0,1,$call, 0x06,0,0,0x50001, 0x06,0,0,0x7fff0000);
        syscall(157, 38, 1, 0, 0, 0) == 0 && syscall(317, 1, 0, pack("Sx6P", 4, $f)) == 0 or die "seccomp: $!";
        exec @ARGV;
        """;

    [Theory]
    [InlineData("101", "ptrace")]
    [InlineData("272", "namespace net")]
    [InlineData("165", "mounting /proc")]
    [InlineData("310", "process_vm_readv")]
    [InlineData("319", "programs in memory files (memfd_create, execveat)")]
    [InlineData("425", "io_uring")]
    [InlineData("438", "pidfd_getfd")]
    [InlineData("444", "Landlock")]
    public void What_a_filter_takes_away_is_missed_and_the_filter_named(string number, string mechanism)
    {
        using Sandbox box = new();
        JsonElement without = Examine(box, ["perl", "-e", Without, number]).Report, with = Examine(box, ["perl", "-e", Without, "100000"]).Report;
        Assert.True(Find(with, mechanism).GetProperty("available").GetBoolean());
        Assert.False(Find(without, mechanism).GetProperty("available").GetBoolean());
        Assert.Contains("seccomp", Text(Find(without, mechanism), "why"));

        // Nothing else is missed but what takes the same call.
        string[] missed = [.. NamesMissing(without).Except(NamesMissing(with))];
        Assert.True(number is "272" ? missed.All(m => m.StartsWith("namespace ", StringComparison.Ordinal) || m == "mounting /proc") : missed.SequenceEqual([mechanism]), string.Join(", ", missed));
    }

    [Fact]
    public void Labels_follow_from_what_is_there()
    {
        using Sandbox box = new();
        string LabelOf(JsonElement report, string rules) => Text(report.GetProperty("labels").EnumerateArray().Single(l => Text(l, "rules").StartsWith(rules, StringComparison.Ordinal)), "label");
        JsonElement whole = Examine(box, []).Report, traceless = Examine(box, ["perl", "-e", Without, "101"]).Report;
        Assert.Equal(("verified", "emulated"), (LabelOf(whole, "exec"), LabelOf(whole, "open")));
        Assert.Equal(("refused", "emulated"), (LabelOf(traceless, "exec"), LabelOf(traceless, "open")));

        // And so it is: an exec that a rule restricts is refused there, whatever the rule says of this file.
        Result refused = box.Start(["perl", "-e", Without, "101", Sandbox.Sandgate, "run", "-e", "exec ('/nowhere') = not_allow", "--", "sh", "-c", "/bin/true; exit $?"]);
        Assert.Contains("could not be checked", refused.Err);
        Assert.Equal(126, refused.Status);
    }

    [Fact]
    public void Canaries_that_no_rule_stops_are_told_and_the_floor_still_stops_its_own()
    {
        DoctorReport report = Examination.Run(Sandbox.Sandgate, """{ "rules": {} }""");
        Assert.False(report.Holds);

        // The supervisor's environ is open to root, unless some rule on open looks at paths (docs/THREAT-MODEL.md).
        Assert.Equal(
            ["open", "openat", "openat2", "creat", "symlink", "hard-link", "proc-root", "proc-fd", "handle", "unlink", "rename", "replace", "move-above", "chmod", "truncate",
                "exec", "exec-link", "exec-fd", "exec-script", "connect", "connect-mapped", "connect-unix", "send", "mounts", "environment"],
            report.Canaries.Where(c => c.Outcome == CanaryOutcome.NotBlocked).Select(c => c.Name));
    }

    [Fact]
    public void Canaries_that_a_lifted_floor_lets_pass_are_told()
    {
        DoctorReport report = Examination.Run(Sandbox.Sandgate, """
            { "floor": { "io_uring": false, "foreign_abi": false, "clone_untraced": false, "supervisor_memory": false, "supervisor_signals": false, "terminal_injection": false, "running_config": false, "other_names": false } }
            """);
        Assert.False(report.Holds);

        // One sandbox has one listener; the kernel sees to that.
        Assert.Equal(["listener"], report.Canaries.Where(c => c.Outcome != CanaryOutcome.NotBlocked).Select(c => c.Name));

        // Killed, the supervisor takes its program with it; which may have said so before.
        Assert.Matches("^it (went through|ended the sandbox)", report.Canaries[^1].Detail);
    }

    [Fact]
    public void Where_the_sandbox_does_not_start_nothing_is_known_to_hold()
    {
        using Sandbox box = new();
        Result nested = box.Run(["-q"], Sandbox.Sandgate, "doctor");
        Assert.Equal(1, nested.Status);
        Assert.Contains("EBUSY: a supervisor listens to this process already", nested.Out);
        Assert.Contains("0 of 0 blocked", nested.Out);
        Assert.Contains("the sandbox did not start (status 125)", nested.Out);
    }

    [Fact]
    public void The_report_for_people_says_the_same()
    {
        using Sandbox box = new();
        JsonElement report = Examine(box, []).Report;
        string text = box.Start([Sandbox.Sandgate, "doctor"]).Out;
        Assert.DoesNotContain('\e', text);
        Assert.All(report.GetProperty("mechanisms").EnumerateArray(), m => Assert.Contains($"  {(m.GetProperty("available").GetBoolean() ? "yes" : "no ")}  {Text(m, "name")}", text));
        Assert.Contains($"{report.GetProperty("blocked").GetInt32()} of {report.GetProperty("tried").GetInt32()} blocked", text);
        Assert.Contains("\e[32myes", box.Start(["script", "-qec", $"{Sandbox.Sandgate} doctor", "/dev/null"]).Out);
        Assert.Equal(JsonValueKind.Object, JsonElement.Parse(box.Start([Sandbox.Sandgate, "doctor", "--format", "json"]).Out).ValueKind);
    }

    private static string[] Person(string who) => who == "root" ? [] : s_user;

    private static (Result Result, JsonElement Report) Examine(Sandbox box, string[] person)
    {
        Result result = box.Start([.. person, Sandbox.Sandgate, "doctor", "--json"]);
        Assert.True(result.Out.StartsWith('{'), result.ToString());
        return (result, JsonElement.Parse(result.Out));
    }

    private static JsonElement Find(JsonElement report, string mechanism) => report.GetProperty("mechanisms").EnumerateArray().Single(m => Text(m, "name") == mechanism);

    private static IEnumerable<string> NamesMissing(JsonElement report) =>
        report.GetProperty("mechanisms").EnumerateArray().Where(m => !m.GetProperty("available").GetBoolean()).Select(m => Text(m, "name"));

    private static string Text(JsonElement element, string property) => element.GetProperty(property).GetString()!;
}
