using System.Globalization;
using System.Text.Json;

namespace Sandgate.Linux.Tests.Live;

/// <summary>`sandgate run --channel`: what a program can do with it, and what it can't.</summary>
public class ChannelTests
{
    private const string Session = """{"v":1,"do":"session"}""";
    private const string Emit = """{"v":1,"do":"emit","data":{"step":1}}""";

    private static readonly string[] s_asUser = ["setpriv", "--reuid", "4250", "--regid", "4250", "--clear-groups", "--"];

    private static string Ask(string call) => JsonSerializer.Serialize(new Dictionary<string, object> { ["v"] = 1, ["do"] = "ask", ["call"] = call });

    // A record beside the sandbox's directory, so that it isn't among the program's files.
    private static (Result Result, JsonElement[] Messages, JsonElement[] All) Recorded(Sandbox box, string[] before, string[] options, params string[] command)
    {
        string directory = System.IO.Directory.CreateTempSubdirectory("sandgate-record-").FullName;
        try
        {
            File.SetUnixFileMode(directory, (UnixFileMode)0x1ff);
            File.SetUnixFileMode(box.Directory, (UnixFileMode)0x1ff);
            string file = Path.Combine(directory, "x.jsonl");
            Result result = box.Start([.. before, Sandbox.Sandgate, "run", "--channel", "--record", file, .. options, "--", .. command]);
            JsonElement[] all = [.. File.ReadLines(file).Select(l => JsonElement.Parse(l))];
            return (result, [.. all.Where(e => e.GetProperty("event").GetString() == "message")], all);
        }
        finally
        {
            System.IO.Directory.Delete(directory, recursive: true);
        }
    }

    [Fact]
    public void Without_it_there_is_neither_descriptor_nor_variable()
    {
        using Sandbox box = new();
        box.Variables["SANDGATE_FD"] = "1";
        Assert.Equal("<>\nfds = 0 1 2\n", box.Run([], "bash", "-c", "echo \"<$SANDGATE_FD>\"; exec \"$VICTIM\" fds").Out);
        Assert.Equal("<1023>\nfds = 0 1 2 1023\n", box.Run(["--channel"], "bash", "-c", "echo \"<$SANDGATE_FD>\"; exec \"$VICTIM\" fds").Out);
        box.Write("on.json", "{ \"channel\": true }");
        Assert.Equal("<1023>\n", box.Run(["-c", "on.json"], "bash", "-c", "echo \"<$SANDGATE_FD>\"").Out);
    }

    [Theory]
    [InlineData("ulimit -n 100; ", 99)]
    [InlineData("ulimit -n 100; exec 99</dev/null; ", 98, "--keep-fd", "99")]
    [InlineData("", 63, "-c", "files.json")]
    public void Its_number_is_the_highest_that_is_free(string before, int expected, params string[] options)
    {
        using Sandbox box = new();
        box.Write("files.json", "{ \"limits\": { \"open_files\": 64 } }");
        Result result = box.Shell($"{before}exec \"$SANDGATE\" run --channel {string.Join(' ', options)} -- bash -c 'echo $SANDGATE_FD; exec \"$VICTIM\" channel \"$0\"' '{Session}'");
        Assert.Matches($"^{expected}\n\\{{\"v\":1,\"ok\":true,\"session\":\"[a-z0-9]{{8}}\"\\}}\n$", result.Out);
    }

    [Theory]
    [InlineData("")]
    [InlineData("--isolate pid")]
    [InlineData("--isolate pid,user,ipc,mount,uts --net none")]
    [InlineData("-e send('unix:/x')=not_allow")]
    [InlineData("--isolate pid,user -e send('unix:/x')=not_allow")]
    public void Session_and_sender_are_told_right(string options)
    {
        foreach (string[] who in new[] { Array.Empty<string>(), s_asUser })
        {
            using Sandbox box = new();
            (Result result, JsonElement[] messages, JsonElement[] all) = Recorded(
                box, who, options.Split(' ', StringSplitOptions.RemoveEmptyEntries), Sandbox.Victim, "channel", Session, Emit);
            Assert.Equal($"{{\"v\":1,\"ok\":true,\"session\":\"{all[0].GetProperty("session").GetString()}\"}}\n{{\"v\":1,\"ok\":true}}\n", result.Out);
            JsonElement message = Assert.Single(messages);
            Assert.Equal("""{"step":1}""", message.GetProperty("said").GetString());
            Assert.Equal(Sandbox.Victim, message.GetProperty("exe").GetString());
            Assert.Equal(who.Length > 0 ? 4250 : 0, message.GetProperty("uid").GetInt32());

            // Root with all its capabilities could name another; whoever has none can't.
            Assert.Equal(who.Length > 0 || options.Contains("--isolate", StringComparison.Ordinal), message.GetProperty("proven").GetBoolean());
        }
    }

    [Fact]
    public void A_message_is_the_one_process_s_that_sent_it()
    {
        using Sandbox box = new();
        (Result result, JsonElement[] messages, _) = Recorded(box, s_asUser, [], "bash", "-c", "echo $$; (echo $BASHPID; exec \"$VICTIM\" channel \"$0\"); exec \"$VICTIM\" channel \"$0\"", Emit);
        string[] lines = result.Out.Split('\n');
        Assert.Equal([int.Parse(lines[1], CultureInfo.InvariantCulture), int.Parse(lines[0], CultureInfo.InvariantCulture)], messages.Select(m => m.GetProperty("pid").GetInt32()));
        Assert.All(messages, m => Assert.True(m.GetProperty("proven").GetBoolean()));
    }

    private const string Rules = """
        {
          "rules": {
            "open": { "('/etc/*')": "not_allow", "('./w', 'w*')": { "action": "not_allow", "errno": "EROFS" }, "('./asked')": "ask", "when sha256 == 00": "log" },
            "exec": { "('/usr/bin/true')": "not_allow" },
            "delete": { "('./l')": "not_allow", "('./gone')": "not_allow" },
            "mkdir": { "('./d/*')": "not_allow" },
            "connect": { "('127.0.0.1:9')": "not_allow" },
            "stat": { "when exe like '*/victim' and path like './s*'": "not_allow" }
          }
        }
        """;

    [Theory]
    [InlineData("open('/etc/hostname', 'r')", "open /etc/hostname")]
    [InlineData("open('l', 'r')", "open l")]
    [InlineData("open('l', 'r+nofollow')", "open l r+nofollow")]
    [InlineData("open('./f', 'r')", "open ./f")]
    [InlineData("open('w', 'r')", "open w")]
    [InlineData("open('d/../w', 'w')", "open d/../w w")]
    [InlineData("open('w', 'w+create+truncate')", "open w creat")]
    [InlineData("open('asked', 'r')", "open asked")]
    [InlineData("delete('l')", "unlink l")]
    [InlineData("delete('f2')", "unlink f2")]
    [InlineData("mkdir('d/x', '0755')", "mkdir d/x")]
    [InlineData("mkdir('e', '0755')", "mkdir e")]
    [InlineData("stat('s1')", "stat s1")]
    [InlineData("stat('t1')", "stat t1")]
    [InlineData("connect('127.0.0.1:9')", "connect-tcp 127.0.0.1 9")]
    [InlineData("exec('/usr/bin/true', 'true')", "exec /usr/bin/true true")]
    [InlineData("exec('./script', './script')", "exec ./script ./script")]
    [InlineData("open('/proc/self/root/etc/hostname', 'r')", "open /proc/self/root/etc/hostname")]
    [InlineData("open('p', 'r+nofollow')", "")]
    public void What_it_answers_is_what_happens(string call, string command)
    {
        using Sandbox box = new();
        box.Write("config.json", Rules.Replace(", \"when sha256 == 00\": \"log\"", "", StringComparison.Ordinal));
        foreach (string file in new[] { "f", "f2", "w", "asked", "s1", "t1" })
            box.Write(file, "");
        box.Write("script", "#!/usr/bin/true\n");
        File.SetUnixFileMode(box.PathOf("script"), (UnixFileMode)0x1ed);
        File.CreateSymbolicLink(box.PathOf("l"), "/etc/hostname");
        System.IO.Directory.CreateDirectory(box.PathOf("d"));
        Assert.Equal(0, box.Native("mknod", "p").Status);

        Result asked = box.Run(["--channel", "-c", "config.json"], Sandbox.Victim, "channel", Ask(call));
        JsonElement answer = JsonElement.Parse(asked.Out);
        Assert.True(answer.GetProperty("ok").GetBoolean(), asked.ToString());
        Assert.Empty(asked.Denials);
        Assert.True(answer.GetProperty("certain").GetBoolean());
        if (command.Length == 0)
            return;
        Result done = box.Run(["-c", "config.json"], [Sandbox.Victim, .. command.Split(' ')]);
        Assert.Equal(answer.GetProperty("allowed").GetBoolean(), done.Denials.Length == 0);
        if (answer.TryGetProperty("errno", out JsonElement errno))
            Assert.Contains($" = {errno.GetString()}\n", done.Out);
        Assert.Equal(call.Contains("asked", StringComparison.Ordinal), answer.TryGetProperty("ask", out _));
    }

    [Fact]
    public void What_it_can_t_know_is_not_certain_and_no_script_runs()
    {
        using Sandbox box = new();
        box.Write("config.json", """
            { "scripts": { "s": { "code": "local seen = 0 function matcher(call) seen = seen + 1 return call.path ~= nil and seen % 2 == 0 end" } },
              "rule_table": [ { "on": ["open"], "when": "path like '*/once' and script s", "action": "not_allow" } ] }
            """);
        box.Write("once", "");
        string[] options = ["--channel", "-c", "config.json"];
        const string Open = "\"$VICTIM\" open once; ", Question = "\"$VICTIM\" channel \"$0\"; ";
        Result without = box.Run(options, "bash", "-c", string.Concat(Enumerable.Repeat(Open, 6)));
        Assert.Contains("open = EACCES\nopen = 3\n", without.Out);
        Result with = box.Run(options, "bash", "-c", string.Concat(Enumerable.Repeat(Question + Open, 6)), Ask("open('once', 'r')"));
        const string Unknown = """{"v":1,"ok":true,"allowed":false,"errno":"EACCES","certain":false}""" + "\n";
        Assert.Equal(without.Out, with.Out.Replace(Unknown, "", StringComparison.Ordinal));
        Assert.Equal(6, with.Out.Split(Unknown).Length - 1);
    }

    [Fact]
    public void What_the_asker_can_t_see_it_isn_t_told()
    {
        using Sandbox box = new();
        System.IO.Directory.CreateDirectory(box.PathOf("closed"), (UnixFileMode)0x1c0);
        File.CreateSymbolicLink(box.PathOf("closed/there"), "/etc/hostname");
        File.SetUnixFileMode(box.Directory, (UnixFileMode)0x1ff);
        string[] questions = [Ask("open('closed/there', 'r')"), Ask("open('closed/not', 'r')")];
        Result root = box.Run(["--channel", "-e", "open ('/etc/*') = not_allow"], [Sandbox.Victim, "channel", .. questions]);
        Assert.Equal(["false", "true"], root.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonElement.Parse(l).GetProperty("allowed").GetRawText()));
        Result user = box.Run(["--channel", "-e", "open ('/etc/*') = not_allow"], [.. s_asUser[..^1], "--no-new-privs", "--", Sandbox.Victim, "channel", .. questions]);
        string[] answers = user.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, answers.Length);
        Assert.Equal(answers[0], answers[1]);
    }

    [Theory]
    [InlineData("", false)]
    [InlineData("-e send('unix:/x')=not_allow", false)]
    [InlineData("--isolate ipc", false)]
    [InlineData("--isolate ipc -e send('unix:/x')=not_allow", false)]
    [InlineData("--isolate pid,user -e send('unix:/x')=not_allow", true)]
    [InlineData("-e send('unix:/x')=not_allow", true)]
    [InlineData("", true)]
    public void Nobody_is_believed_to_be_another(string options, bool asUser)
    {
        using Sandbox box = new();
        bool mayForge = !asUser && !options.Contains("--isolate", StringComparison.Ordinal);
        (Result result, JsonElement[] messages, _) = Recorded(box, asUser ? s_asUser : [], options.Split(' ', StringSplitOptions.RemoveEmptyEntries),
            "bash", "-c", "sleep 3 & /usr/bin/sleep 0.4; \"$VICTIM\" channel-forge $! $1 \"$0\"; \"$VICTIM\" channel-forge 1 $1 \"$0\"; \"$VICTIM\" channel-forge $PPID $1 \"$0\" > supervisor; /usr/bin/sleep 0.4; kill $!; exit 0", Emit, asUser ? "4250" : "0");
        Assert.Equal(mayForge, result.Out.Contains("channel-forge = ok", StringComparison.Ordinal));

        // As the supervisor, which sends for it, an ordinary user's program may send; the message is its own all the same. Of who has ended by then only the name is left.
        Assert.All(messages, m => Assert.True(
            !m.GetProperty("proven").GetBoolean() || m.GetProperty("cmdline").GetString()!.Contains("channel-forge", StringComparison.Ordinal)
                || (m.GetProperty("cmdline").GetString() == "" && m.GetProperty("comm").GetString() == "victim")));
        Assert.Equal(mayForge, messages.Any(m => m.GetProperty("comm").GetString() == "sleep"));
    }

    [Fact]
    public void Root_of_a_namespace_inside_is_not_believed()
    {
        using Sandbox box = new();
        (Result result, JsonElement[] messages, _) = Recorded(
            box, s_asUser, [], "unshare", "--user", "--map-root-user", "--pid", "--fork", "bash", "-c", "sleep 3 & /usr/bin/sleep 0.4; \"$VICTIM\" channel-forge $! 0 \"$0\"; sleep 0.2; kill $!; exit 0", Emit);
        Assert.Contains("channel-forge = ok", result.Out);
        JsonElement message = Assert.Single(messages);
        Assert.False(message.GetProperty("proven").GetBoolean());
    }

    [Fact]
    public void Answers_go_to_the_process_that_asked_and_into_nothing_else()
    {
        using Sandbox box = new();
        box.Write("file", "");
        Assert.Equal(0, box.Native("mknod", "pipe").Status);
        Result result = box.Run(["--channel"], "bash", "-c", """
            "$VICTIM" channel-inherited "$0"
            "$VICTIM" channel-answer-to file "$0"
            exec 5<>pipe; "$VICTIM" channel-answer-to fd:5 "$0"; read -t 0.3 -u 5 line; echo "<$line>"
            "$VICTIM" channel-shared "$0"
            """, Session);
        Assert.Matches("""^no answer\nchannel-answer-to = sent\nchannel-answer-to = sent\n<>\n\{"v":1,"ok":true,"session":"[a-z0-9]{8}"\}\n$""", result.Out);
        Assert.Equal("", File.ReadAllText(box.PathOf("file")));
    }

    [Fact]
    public void A_flood_reaches_the_record_only_as_fast_as_is_allowed_and_stops_nobody()
    {
        using Sandbox box = new();
        long begun = Environment.TickCount64;
        (Result result, JsonElement[] messages, _) = Recorded(box, s_asUser, ["-e", "open ('/x') = not_allow"], "bash", "-c", "\"$VICTIM\" channel-flood 100000 \"$0\"; for i in 1 2 3 4 5; do \"$VICTIM\" open /x; done; exit 7", Emit);
        double seconds = (Environment.TickCount64 - begun) / 1000.0;
        Assert.Equal(7, result.Status);
        Assert.Equal(5, result.Denials.Length);
        Assert.InRange(messages.Length, 400, 500 + (200 * seconds) + 1);
        Assert.InRange(seconds, 0, 30);
    }

    [Theory]
    [InlineData("channel-bomb 200 253 \"$0\"")]
    [InlineData("channel-bomb 200 3 \"$0\"")]
    [InlineData("channel-bomb 200 1 \"$0\"")]
    [InlineData("channel-garbage 300 1")]
    public void Nothing_is_left_behind_in_the_supervisor(string command)
    {
        using Sandbox box = new();
        const string Count = "n=$(ls /proc/$!/fd | wc -l); ";
        Result result = box.Shell($$"""
            "$SANDGATE" run --channel --no-control -- bash -c '"$VICTIM" channel "$1"; echo ready > r; until [ -e go ]; do sleep 0.05; done; "$VICTIM" {{command}}; "$VICTIM" channel "$1"; echo done > d; until [ -e end ]; do sleep 0.05; done' '{{Emit}}' '{{Session}}' &
            until [ -e r ]; do sleep 0.05; done; sleep 0.5; {{Count}} before=$n
            : > go; until [ -e d ]; do sleep 0.05; done; after=$((before + 1))
            for i in $(seq 100); do [ $after -gt $before ] || break; sleep 0.05; {{Count}} after=$n; done
            : > end; wait $!; echo "status $? more $((after > before ? after - before : 0))"
            """);
        Assert.Contains("status 0 more 0\n", result.Out);
        Assert.Equal(2, result.Out.Split("\"session\":").Length - 1);
        Assert.DoesNotContain("defect", result.Err);
    }

    [Fact]
    public void Who_shuts_it_shuts_it_for_the_tree_and_that_is_all()
    {
        using Sandbox box = new();
        Result result = box.Run(["--channel", "-e", "open ('/x') = not_allow"], "bash", "-c", "\"$VICTIM\" channel-shut; \"$VICTIM\" channel \"$0\"; \"$VICTIM\" open /x; exit 5", Session);
        Assert.Equal((5, "channel-shut = 0\nchannel = EPIPE\nopen = EACCES\n"), (result.Status, result.Out));
    }

    [Fact]
    public void A_sandbox_inside_can_t_be_and_leaves_the_channel_as_it_is()
    {
        using Sandbox box = new();
        Result result = box.Run(["--channel"], "bash", "-c", "\"$VICTIM\" channel \"$0\"; \"$SANDGATE\" run --channel -- \"$VICTIM\" channel \"$0\"; echo $?; \"$VICTIM\" channel \"$0\"", Session);
        string[] lines = result.Out.Split('\n');
        Assert.Equal((lines[0], "125"), (lines[2], lines[1]));
        Assert.Contains(result.Said, l => l.StartsWith("cannot install the filter: EBUSY", StringComparison.Ordinal));
    }

    [Fact]
    public void The_examples_work()
    {
        using Sandbox box = new();
        string directory = Repository.PathOf("examples/channel");
        Assert.Equal(0, box.Start(["gcc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-static", "-o", "channel", Path.Combine(directory, "channel.c")]).Status);
        Assert.Equal("""{"v":1,"ok":true,"allowed":false,"errno":"EACCES","certain":true}""" + "\n", box.Run(["--channel", "-e", "open ('/etc/*') = not_allow"], "./channel", Ask("open('/etc/shadow', 'r')")).Out);
        Assert.Equal(2, box.Run([], "./channel", Session).Status);

        string python = Path.Combine(directory, "sandgate_channel.py");
        Result asked = box.Run(["--channel", "-e", "delete ('./x') = not_allow"], "/usr/bin/python3", python, "ask", "delete('x')");
        Assert.Equal("EACCES", JsonElement.Parse(asked.Out).GetProperty("errno").GetString());
        Assert.Matches("^[a-z0-9]{8}\n$", box.Run(["--channel"], "/usr/bin/python3", python, "session").Out);
        Assert.Equal(1, box.Run([], "/usr/bin/python3", python, "session").Status);
    }
}
