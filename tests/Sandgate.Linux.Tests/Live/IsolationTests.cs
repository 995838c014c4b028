using System.Text.Json;
using Sandgate.Core.Confine;

namespace Sandgate.Linux.Tests.Live;

/// <summary>A sandgate and a victim that everybody can reach, and the ways to be root or somebody else.</summary>
public sealed class Stage : IDisposable
{
    /// <summary>The directory, writable for everybody.</summary>
    internal Sandbox Box { get; } = new();

    internal string Sandgate { get; }

    internal string Victim { get; }

    public Stage()
    {
        File.SetUnixFileMode(Box.Directory, (UnixFileMode)0x1ff);
        (Sandgate, Victim) = (Box.PathOf("sandgate"), Box.PathOf("victim"));
        File.Copy(Sandbox.Sandgate, Sandgate);
        File.Copy(Sandbox.Victim, Victim);
    }

    /// <summary>A command as "root" or as "user", in the directory.</summary>
    internal Result Start(string who, params string[] command) =>
        Box.Start(["setsid", "-w", .. who == "user" ? (string[])["setpriv", "--reuid=4251", "--regid=4251", "--clear-groups"] : [], .. command]);

    /// <summary>A command of the shell under options of <c>sandgate run</c>.</summary>
    internal Result Run(string who, string options, string script) =>
        Start(who, [Sandgate, "run", .. options.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--", "sh", "-c", script]);

    public void Dispose() => Box.Dispose();
}

/// <summary>Each namespace, and each state that files can be put into, is proven by what is seen inside; natively first.</summary>
[Collection(nameof(Alone))]
public class IsolationTests(Stage stage) : IClassFixture<Stage>
{
    private static readonly string[] s_who = ["root", "user"];

    public static TheoryData<string, string> Kinds()
    {
        TheoryData<string, string> kinds = [];
        foreach (string who in s_who)
        {
            foreach (string kind in NamespaceNames.All)
                kinds.Add(who, kind);
        }

        return kinds;
    }

    private static void Succeeds(Result result) => Assert.True(result.Status == 0, result.ToString());

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_namespace_of_its_own_is_another_one(string who, string kind)
    {
        string link = kind is "mount" ? "mnt" : kind;
        string outside = stage.Start(who, "readlink", "/proc/self/ns/" + link).Out;
        Assert.StartsWith(link, outside);
        Result inside = stage.Run(who, $"--isolate {kind}", $"readlink /proc/self/ns/{link}");
        Succeeds(inside);
        Assert.StartsWith(link, inside.Out);
        Assert.NotEqual(outside, inside.Out);
        Assert.Empty(inside.Said);
    }

    [Theory]
    [InlineData("root")]
    [InlineData("user")]
    public void In_a_PID_namespace_a_program_sees_and_reaches_its_own_tree_only(string who)
    {
        string outside = $"/proc/{Environment.ProcessId}/stat";
        Succeeds(stage.Start(who, "cat", outside));
        Result inside = stage.Run(who, "--isolate pid", $"echo $$; cat /proc/1/comm; cat {outside}; cat /proc/self/comm; kill -9 -1; echo alive");
        Assert.Equal("2\nsandgate-init\ncat\nalive\n", inside.Out);
        Assert.Equal((3, "late\n"), (stage.Run(who, "--isolate pid", "(sleep 0.3; echo late) & exit 3") is var orphan ? orphan.Status : 0, orphan.Out));
        Assert.Equal(143, stage.Run(who, "--isolate pid", "kill -TERM $$").Status);
        Assert.Equal(0, stage.Run(who, "--isolate pid", "i=0; while [ $i -lt 200 ]; do (true &); i=$((i+1)); done; sleep 0.2; ! grep -l '(zombie)' /proc/*/status 2>/dev/null").Status);
    }

    [Theory]
    [InlineData("root", "--isolate pid", "sleep 2 & sleep 0.3; kill -TERM $! && echo sent")]
    [InlineData("user", "--isolate pid", "sleep 2 & sleep 0.3; kill -TERM $! && echo sent")]
    [InlineData("user", "--isolate pid", "sleep 2 & sleep 0.3; /usr/bin/python3 -c 'import sys, ctypes; p = int(sys.argv[1]); sys.exit(ctypes.CDLL(None).syscall(234, p, p, 15) != 0)' $! && echo sent")]
    [InlineData("user", "--net host", "unshare -Urpf sh -c 'sleep 2 & sleep 0.3; kill -TERM $! && echo sent'")]
    public void Rules_on_kill_know_what_a_process_of_a_PID_namespace_runs(string who, string options, string script)
    {
        Assert.Equal("sent\n", stage.Run(who, options, script).Out);
        Result held = stage.Run(who, options + " -e kill(*,'*/sleep','SIGTERM')=not_allow", script);
        Assert.Equal("", held.Out);
        Assert.Contains("'/usr/bin/sleep', 'SIGTERM') by rule", Assert.Single(held.Denials));
    }

    [Theory]
    [InlineData("root")]
    [InlineData("user")]
    public void A_signal_to_its_job_stays_in_the_PID_namespace(string who)
    {
        const string Job = "trap 'echo hit' USR1; \"$@\" sh -c 'trap \"\" USR1; kill -USR1 0'; echo end";
        Assert.Equal("hit\nend\n", stage.Start(who, "sh", "-c", Job, "sh", "env").Out);
        Assert.Equal("end\n", stage.Start(who, "sh", "-c", Job, "sh", stage.Sandgate, "run", "--isolate", "pid", "--").Out);
    }

    [Theory]
    [InlineData("root")]
    [InlineData("user")]
    public void Rules_hold_and_proc_tells_the_truth_in_all_namespaces(string who)
    {
        Result inside = stage.Start(who, stage.Sandgate, "run", "--isolate", "all", "-e", "open ('/etc/hostname') = not_allow", "--", "sh", "-c",
            "cat /etc/hostname; cat /proc/self/root/etc/hostname; cat /proc/$$/root/etc/hostname; readlink /proc/self/exe; grep ^Pid: /proc/self/status; ls /proc/self/fd; echo x > made && cat made && rm made");
        Assert.Equal(3, inside.Denials.Length);
        Assert.Matches("^/(usr/)?bin/readlink\nPid:\t[0-9]+\n0\n1\n2\n3\nx\n$", inside.Out);
    }

    [Theory]
    [InlineData("root")]
    [InlineData("user")]
    public void A_user_namespace_leaves_the_own_ids_and_no_rights_outside(string who)
    {
        Result inside = stage.Run(who, "--isolate user", "id -u; cat /proc/self/uid_map; mount -t tmpfs none /mnt 2>&1 | grep -ci -e permitted -e denied -e superuser; chroot / true 2>/dev/null; echo x > made; rm made");
        string id = who == "root" ? "0" : "4251";
        Assert.Matches($"^{id}\n +{id} +{id} +1\n1\n", inside.Out);
    }

    [Theory]
    [InlineData("root")]
    [InlineData("user")]
    public void The_network_is_none_or_a_loopback_of_its_own(string who)
    {
        const string Talk = "import socket; s = socket.create_server(('127.0.0.1', 0)); c = socket.create_connection(s.getsockname(), 5); print('connected')";
        Assert.Equal("connected\n", stage.Start(who, "/usr/bin/python3", "-c", Talk).Out);
        Assert.Equal("connected\n", stage.Start(who, stage.Sandgate, "run", "--net", "loopback", "--", "/usr/bin/python3", "-c", Talk).Out);
        Assert.Contains("Network is unreachable", stage.Start(who, stage.Sandgate, "run", "--net", "none", "--", "/usr/bin/python3", "-c", Talk).Err);
        Assert.Equal("1\n", stage.Run(who, "--net loopback", "tail -n +3 /proc/net/dev | wc -l").Out);
    }

    [Theory]
    [InlineData("root")]
    [InlineData("user")]
    public void Without_namespaces_no_network_is_the_filters_affair_and_all_else_is_refused(string who)
    {
        const string Reach = "import socket\nsocket.socketpair()\nfor f in socket.AF_INET, socket.AF_INET6:\n  try: socket.socket(f); print('got')\n  except OSError as e: print(e.errno)";
        Assert.Equal("got\ngot\n", stage.Start(who, "/usr/bin/python3", "-c", Reach).Out);
        Result substituted = stage.Start(who, stage.Victim, "without-namespaces", stage.Sandgate, "run", "--net", "none", "--", "/usr/bin/python3", "-c", Reach);
        Assert.Equal("97\n97\n", substituted.Out);
        Assert.StartsWith("namespace net: by a substitute", Assert.Single(substituted.Said));

        foreach (string options in new[] { "--isolate pid", "--isolate ipc", "--net loopback", "--net none --strict" })
        {
            Result refused = stage.Start(who, [stage.Victim, "without-namespaces", stage.Sandgate, "run", .. options.Split(' '), "--", "echo", "ran"]);
            Assert.Equal((125, ""), (refused.Status, refused.Out));
            Assert.Contains("nothing was run", Assert.Single(refused.Said));
        }

        Result without = stage.Start(who, stage.Victim, "without-namespaces", stage.Sandgate, "run", "--isolate", "pid", "--best-effort", "--", "echo", "ran");
        Assert.Equal((0, "ran\n"), (without.Status, without.Out));
        foreach (string lost in new[] { "namespace pid: NOT in force", "namespace mount: NOT in force", "fresh /proc: NOT in force: it needs own mounts" })
            Assert.Contains(without.Said, s => s.StartsWith(lost, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("root", "")]
    [InlineData("user", "")]
    [InlineData("root", """, "rules": { "open": { "('/nowhere')": "not_allow" }, "mkdir": { "('/nowhere')": "not_allow" }, "delete": { "('/nowhere')": "not_allow" }, "stat": { "('/nowhere')": "not_allow" } }""")]
    [InlineData("user", """, "rules": { "open": { "('/nowhere')": "not_allow" }, "mkdir": { "('/nowhere')": "not_allow" }, "delete": { "('/nowhere')": "not_allow" }, "stat": { "('/nowhere')": "not_allow" } }""")]
    public void Files_are_read_only_hidden_or_writable_as_said_whoever_opens_them(string who, string rules)
    {
        Succeeds(stage.Start(who, "sh", "-c", "mkdir -p tree/shut tree/open && echo a > tree/f && echo s > tree/shut/f && chmod -R a+rwX tree"));
        string tree = stage.Box.PathOf("tree");
        string config = stage.Box.Write($"view-{who}.json", $$"""
            { "isolation": { "read_only": ["{{tree}}"], "hidden": ["{{tree}}/shut", "/etc/hostname"], "writable": ["{{tree}}/open"], "private_tmp": false, "hostname": "box" }{{rules}} }
            """);
        string[] refused = ["echo b > tree/f", "cd tree && echo b > f", "echo b > /proc/self/cwd/tree/f", "echo b > /proc/$$/root" + tree + "/f", "mkdir tree/d", "rm tree/f", "cat tree/shut/f", "ls tree/shut/f", "cat /etc/hostname | grep ."];
        foreach (string attempt in refused)
        {
            Result inside = stage.Run(who, $"-c {config}", attempt + " 2>/dev/null && echo through");
            Assert.True(inside is { Out: "", Status: not 0 }, $"{attempt}: {inside}");
        }

        Result rest = stage.Run(who, $"-c {config}", "cat tree/f; echo c > tree/open/f && cat tree/open/f; cat /proc/sys/kernel/hostname; pwd");
        Assert.Equal($"a\nc\nbox\n{stage.Box.Directory}\n", rest.Out);
        Assert.Equal("a\nc\n", stage.Start(who, "sh", "-c", "cat tree/f tree/open/f; rm -r tree").Out);
    }

    [Theory]
    [InlineData("root")]
    [InlineData("user")]
    public void A_hidden_place_stays_hidden_for_who_may_mount(string who)
    {
        Succeeds(stage.Start(who, "sh", "-c", "mkdir -p vault && echo s > vault/f"));
        string config = stage.Box.Write($"vault-{who}.json", $$"""{ "isolation": { "hidden": ["{{stage.Box.PathOf("vault")}}"] } }""");
        foreach (string attempt in new[] { "umount vault", "unshare -Urm sh -c 'umount vault; cat vault/f'", "unshare -m umount vault", "mount --bind / /mnt; cat /mnt$PWD/vault/f", "cat vault/f" })
            Assert.DoesNotContain("s\n", stage.Run(who, $"-c {config}", $"{attempt} 2>/dev/null; cat vault/f 2>/dev/null").Out);
        Succeeds(stage.Start("root", "rm", "-r", "vault"));
    }

    [Theory]
    [InlineData("root")]
    [InlineData("user")]
    public void Another_root_is_all_there_is(string who)
    {
        Succeeds(stage.Start(who, "sh", "-c", "mkdir -p other/bin other/etc other/proc other/dev && cp victim other/bin/ && echo there > other/etc/name && ln -s /bin/victim other/bin/linked"));
        string root = stage.Box.PathOf("other");
        Assert.Equal("open = ENOENT\n", stage.Start(who, stage.Sandgate, "run", "--root", root, "--", "linked", "open", "/etc/passwd").Out);
        Assert.Equal("open = 3\n", stage.Start(who, stage.Sandgate, "run", "--root", root, "--", "linked", "open", "/etc/name").Out);
        Assert.Equal("open = 3\n", stage.Start(who, stage.Sandgate, "run", "--root", root, "--", "linked", "open", "/dev/null").Out);
        Result denied = stage.Start(who, stage.Sandgate, "run", "--root", root, "-e", "open ('/etc/name') = not_allow", "--", "linked", "open", "/proc/self/root/etc/name");
        Assert.Equal("open = EACCES\n", denied.Out);
        Result first = stage.Start(who, stage.Sandgate, "run", "--root", root, "-e", "exec ('/bin/victim') = not_allow", "--", "linked", "open", "/etc/name");
        Assert.Equal((126, ""), (first.Status, first.Out));
        Assert.Equal(127, stage.Start(who, stage.Sandgate, "run", "--root", root, "--", "cat", "/etc/name").Status);

        // Names with a dot in front are names like others.
        Succeeds(stage.Start(who, "sh", "-c", "mkdir other/.keys other/keys && echo k > other/.keys/f && echo k > other/keys/f"));
        string config = stage.Box.Write($"keys-{who}.json", $$"""{ "isolation": { "root": "{{root}}", "hidden": ["/.keys"] } }""");
        foreach ((string file, string answer) in new[] { ("/.keys/f", who == "root" ? "E(NOENT|ACCES)" : "EACCES"), ("/keys/f", "3") })
            Assert.Matches($"^open = {answer}\n$", stage.Start(who, stage.Sandgate, "run", "-c", config, "--", "linked", "open", file).Out);
        Assert.Equal(125, stage.Start(who, stage.Sandgate, "run", "--root", root + "/missing", "--", "linked", "open", "/etc/name").Status);
        Succeeds(stage.Start(who, "rm", "-r", "other"));
    }

    [Theory]
    [InlineData("root")]
    [InlineData("user")]
    public void What_is_written_under_an_overlay_is_shown_and_then_dropped_or_applied(string who)
    {
        Succeeds(stage.Start(who, "sh", "-c", "mkdir -p work/d layer && echo 1 > work/a && echo 2 > work/b && echo 3 > work/d/c"));
        const string Change = "echo x > /dev/shm/sandgate-overlay-test && cd work && echo new > made && echo changed > a && rm b && rm -r d && mkdir d && echo 4 > d/e && cat a && ls";
        foreach (string end in new[] { "--drop", "--apply" })
        {
            Result inside = stage.Run(who, "--overlay layer", Change);
            Assert.True(inside.Out == "changed\na\nd\nmade\n", inside.ToString());
            Assert.Equal("1\n2\n3\n", stage.Start(who, "cat", "work/a", "work/b", "work/d/c").Out);
            Assert.False(File.Exists("/dev/shm/sandgate-overlay-test"));
            Result diff = stage.Start(who, stage.Sandgate, "diff", "layer");
            string work = stage.Box.PathOf("work");
            Assert.Equal(1, diff.Status);
            Assert.Equal([$"M  {work}/a  8 B", $"D  {work}/b", $"M  {work}/d/", $"D  {work}/d/c", $"A  {work}/d/e  2 B", $"A  {work}/made  4 B"], diff.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries));
            Succeeds(stage.Start(who, stage.Sandgate, "diff", "layer", end));
        }

        Assert.Equal("changed\n4\nnew\n", stage.Start(who, "cat", "work/a", "work/d/e", "work/made").Out);
        Assert.Equal("a\nd\nmade\n", stage.Start(who, "ls", "work").Out);
        Succeeds(stage.Start(who, "rm", "-rf", "work", "layer"));
    }

    [Theory]
    [InlineData("root")]
    [InlineData("user")]
    public void A_layer_is_gone_on_with_over_the_same_places_only(string who)
    {
        Succeeds(stage.Start(who, "sh", "-c", "mkdir -p here there/bin there/proc && cp victim there/bin/"));
        Assert.Equal("1\n", stage.Run(who, "--overlay kept", "echo 1 > here/a; cat here/a").Out);
        Assert.Equal("1\n2\n", stage.Run(who, "--overlay kept", "echo 2 >> here/a; cat here/a").Out);
        Result refused = stage.Start(who, stage.Sandgate, "run", "--overlay", "kept", "--root", stage.Box.PathOf("there"), "--", "/bin/victim", "open", "/here/a");
        Assert.Equal((125, ""), (refused.Status, refused.Out));
        Assert.Contains("other places", Assert.Single(refused.Said));
        Assert.Equal([$"A  {stage.Box.PathOf("here")}/a  4 B"], stage.Start(who, stage.Sandgate, "diff", "kept").Out.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Succeeds(stage.Start(who, stage.Sandgate, "diff", "kept", "--drop"));
        Succeeds(stage.Start(who, "rm", "-r", "here", "there"));
    }

    [Theory]
    [InlineData("root")]
    [InlineData("user")]
    public void When_the_supervisor_is_killed_nobody_of_a_PID_namespace_lives_on(string who)
    {
        Result left = stage.Start(who, "bash", "-c", """
            "$0" run --isolate pid -- sh -c 'sleep 4711 & (sleep 4711 &) ; touch begun; sleep 4711' & pid=$!
            until [ -e begun ]; do sleep 0.05; done; rm begun
            pgrep -cf '^sleep 4711'
            kill -9 $pid; wait $pid 2>/dev/null
            for i in $(seq 200); do pgrep -f '^sleep 4711' >/dev/null || { echo none; exit; }; sleep 0.05; done; echo some
            """, stage.Sandgate);
        Assert.Equal("3\nnone\n", left.Out);
    }

    [Fact]
    public void A_record_begins_with_what_was_asked_for_and_what_became_of_it()
    {
        string[] command = [stage.Victim, "without-namespaces", stage.Sandgate, "run", "--record", "calls.jsonl", "--isolate", "ipc,net", "--net", "none", "--best-effort", "-e", "open ('/etc/hostname') = not_allow", "--", "cat", "/etc/hostname"];
        Assert.Equal(1, stage.Start("root", command).Status);
        JsonElement[] lines = [.. File.ReadLines(stage.Box.PathOf("calls.jsonl")).Select(l => JsonElement.Parse(l))];
        Assert.Equal("session", lines[0].GetProperty("event").GetString());
        Assert.Equal("best_effort", lines[0].GetProperty("demand").GetString());
        Assert.Equal(["cat", "/etc/hostname"], lines[0].GetProperty("command").EnumerateArray().Select(w => w.GetString()));
        Dictionary<string, string> got = lines[0].GetProperty("mechanisms").EnumerateArray().ToDictionary(m => m.GetProperty("asked").GetString()!, m => m.GetProperty("got").GetString()!);
        Assert.Equal("dropped", got["namespace ipc"]);
        Assert.Equal("substituted", got["namespace net"]);
        Assert.Equal("given", got["capabilities"]);
        Assert.All(lines[1..], l => Assert.NotEqual("session", l.GetProperty("event").GetString()));
        Assert.Contains(lines[1..], l => l.TryGetProperty("verdict", out JsonElement verdict) && verdict.GetString() == "not_allow");
    }

    [Fact]
    public void Process_1_is_what_an_assembler_makes_of_its_source()
    {
        Result assembled = stage.Start("root", "sh", "-c", $"as {Repository.PathOf("src/Sandgate.Linux/Confine/Unshare/init.x64.S")} -o init.o && objcopy -O binary -j .text init.o init.bin");
        Succeeds(assembled);
        Assert.Equal(File.ReadAllBytes(stage.Box.PathOf("init.bin")), Sandgate.Linux.Confine.Unshare.InitProgram.Code.ToArray());
    }
}
