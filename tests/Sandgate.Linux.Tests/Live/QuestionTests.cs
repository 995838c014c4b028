using System.Text;

namespace Sandgate.Linux.Tests.Live;

/// <summary>Rules that ask, and somebody at a terminal who answers. Not beside other tests: these watch the clock.</summary>
[Collection(nameof(Alone))]
public class QuestionTests
{
    private const string AskAboutFiles = """{ "rules": { "open": { "('./*')": "ask" } } }""";

    private static Sandbox NewBox(string config = AskAboutFiles)
    {
        Sandbox box = new();
        box.Write("rules.json", config);
        box.Write("f", "hello\n");
        box.Write("g", "other\n");
        return box;
    }

    [Fact]
    public void Nobody_is_asked_without_the_option_and_it_is_said()
    {
        using Sandbox box = NewBox();
        Result inside = box.Run(["-c", "rules.json"], Sandbox.Victim, "open", "f");
        Assert.Equal("open = EACCES\n", inside.Out);
        Assert.Contains("nobody", Assert.Single(inside.Denials), StringComparison.OrdinalIgnoreCase);
        Assert.Equal("open = EACCES\n", box.Run(["--ask", "-c", "rules.json"], "setsid", "-w", Sandbox.Victim, "open", "f").Out);
    }

    [Theory]
    [InlineData("allow", "open = 3\n")]
    [InlineData("not_allow", "open = EACCES\n")]
    public void What_nobody_answers_is_decided_by_the_rule(string onTimeout, string expected)
    {
        using Sandbox box = NewBox($$"""{ "rules": { "open": { "('./f')": { "action": "ask", "timeout": "300ms", "on_timeout": "{{onTimeout}}" } } } }""");
        Assert.Equal(expected, box.Run(["-c", "rules.json"], Sandbox.Victim, "open", "f").Out);
        Result asked = box.Talk("""spawn $env(SANDGATE) run --ask -c rules.json -- $env(VICTIM) open f""");
        Assert.Contains("(no answer)", asked.Out);
        Assert.Contains(expected.TrimEnd(), asked.Out);
    }

    [Fact]
    public void Yes_and_no_hold_once()
    {
        using Sandbox box = NewBox();
        Result asked = box.Talk("""
            spawn $env(SANDGATE) run --ask -c rules.json -- bash -c "cat f; cat f; cat f; echo ended"
            want "asks to open('f', 'r')"; want "which is really open('"; want "/f', 'r')"; want "asked by open ('./*')"
            answer y; want hello
            answer n; want "Permission denied"
            answer what; answer yes; want hello
            want ended
            """);
        Assert.True(asked.Status == 0, asked.ToString());
        Assert.Contains("by your answer to open ('./*')", asked.Out);
    }

    [Fact]
    public void An_answer_for_the_run_holds_for_the_same_call()
    {
        using Sandbox box = NewBox();
        Result asked = box.Talk("""
            spawn $env(SANDGATE) run --ask -c rules.json -- bash -c "cat f; cat ./f; cat g; cat g; cat f; echo ended"
            answer r; want "hello\r\nhello\r\n"
            want "asks to open('g'"
            answer R; want "Permission denied"; want "Permission denied"
            want "hello\r\nended"
            """);
        Assert.True(asked.Status == 0, asked.ToString());
        Assert.Equal(2, Count(asked.Out, "asks to"));
    }

    [Theory]
    [InlineData("a", "allow", "hello\n")]
    [InlineData("A", "not_allow", "")]
    public void An_answer_for_ever_is_written_into_the_file(string key, string action, string output)
    {
        string config = """
            // mine
            {
              "rules": {
                "open": {
                  "('./*')": "ask", // everything here
                  /* last */ "('/nowhere')":   "not_allow"   // a comment behind it
                }
              },
              "default": "allow"
            }
            """;
        using Sandbox box = NewBox(config);
        File.SetUnixFileMode(box.PathOf("rules.json"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        Result asked = box.Talk($"""
            spawn $env(SANDGATE) run --ask -c rules.json -- bash -c "cat f; cat f; echo ended"
            answer {key}; want "written to rules.json"; want ended
            """);
        Assert.True(asked.Status == 0, asked.ToString());
        Assert.Equal(1, Count(asked.Out, "asks to"));
        string after = File.ReadAllText(box.PathOf("rules.json"));
        string added = $"\n      \"('{box.PathOf("f")}', 'r')\": \"{action}\" // answered on {DateTime.UtcNow:yyyy-MM-dd}";
        Assert.Equal(config.Replace("\"not_allow\"   // a comment behind it", $"\"not_allow\",   // a comment behind it{added}", StringComparison.Ordinal), after);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead, File.GetUnixFileMode(box.PathOf("rules.json")));
        Assert.Equal(output, box.Run(["-q", "-c", "rules.json"], "cat", "f").Out);
        Assert.Equal("", box.Run(["-q", "-c", "rules.json"], "cat", "g").Out);
    }

    [Theory]
    [InlineData("a", "\"evaluation\": \"deny-overrides\",", "\"rules\": { \"open\": { \"('./*')\": \"ask\" } }")]
    [InlineData("a", "\"evaluation\": \"last-match\",", "\"rules\": {}, \"rule_table\": [{ \"on\": [\"open\"], \"when\": \"path like './*'\", \"action\": \"ask\" }]")]
    [InlineData("A", "\"evaluation\": \"last-match\",", "\"rules\": {}, \"rule_table\": [{ \"on\": [\"open\"], \"when\": \"path like './*'\", \"action\": \"ask\" }]")]
    [InlineData("a", "\"tests\": [{ \"call\": \"open('./f', 'r')\", \"expect\": \"ask\" }],", "\"rules\": { \"open\": { \"('./*')\": \"ask\" } }")]
    public void What_is_said_to_be_kept_for_ever_is_kept(string key, string setting, string rules)
    {
        using Sandbox box = NewBox($$"""{ {{setting}} {{rules}} }""");
        Result asked = box.Talk($"""
            spawn $env(SANDGATE) run --ask -c rules.json -- $env(VICTIM) open f
            answer {key}; want "open = "
            """);
        string next = box.Run(["-q", "-c", "rules.json"], Sandbox.Victim, "open", "f").Out;
        if (asked.Out.Contains("written to", StringComparison.Ordinal))
            Assert.Equal(key == "a" ? "open = 3\n" : "open = EACCES\n", next);
        else
            Assert.Contains("kept for this run only", asked.Out);
    }

    [Fact]
    public void What_can_not_be_written_is_kept_for_the_run()
    {
        using Sandbox box = NewBox();
        Result asked = box.Talk("""
            spawn $env(SANDGATE) run --ask -e "open ('./*') = ask" -- bash -c "cat f; cat f; echo ended"
            answer a; want "kept for this run only"; want "hello\r\nhello\r\nended"
            """);
        Assert.True(asked.Status == 0, asked.ToString());
    }

    [Fact]
    public void A_program_that_dies_takes_its_question_along()
    {
        using Sandbox box = NewBox();
        Result asked = box.Talk("""
            spawn $env(SANDGATE) run --ask -c rules.json -- bash -c "cat f & sleep 0.7; kill -9 \$!; wait; cat g; echo ended"
            want "asks to open('f'"; want "(no answer)"
            want "asks to open('g'"; answer y; want "other"; want ended
            """);
        Assert.True(asked.Status == 0, asked.ToString());
    }

    [Fact]
    public void Threads_that_ask_at_once_are_asked_about_one_after_the_other()
    {
        using Sandbox box = NewBox();
        Result remembered = box.Talk("""
            spawn $env(SANDGATE) run --ask -c rules.json -- $env(VICTIM) threads-open 20 f
            answer r; want "threads-open = 20 opened, 0 failed"
            """);
        Assert.True(remembered.Status == 0 && Count(remembered.Out, "asks to") == 1, remembered.ToString());
        Result each = box.Talk("""
            spawn $env(SANDGATE) run --ask -c rules.json -- $env(VICTIM) threads-open 4 f
            answer y; answer n; answer y; answer n; want "threads-open = 2 opened, 2 failed"
            """);
        Assert.True(Count(each.Out, "asks to") == 4, each.ToString());
    }

    [Fact]
    public void What_the_program_made_of_the_terminal_is_put_back_and_what_was_typed_before_is_no_answer()
    {
        using Sandbox box = NewBox();
        box.Write("raw.py", """
            import os, sys, termios, time, tty
            tty.setraw(0)
            before = termios.tcgetattr(0)
            os.write(1, b"raw\r\n")
            time.sleep(0.5)
            try:
                os.write(1, open("f", "rb").read() + b"\r")
            except OSError as e:
                os.write(1, str(e).encode() + b"\r\n")
            os.write(1, b"settings " + (b"kept" if termios.tcgetattr(0) == before else b"changed") + b"\r\n")
            """);
        Result asked = box.Talk("""
            spawn $env(SANDGATE) run --ask -c rules.json -e "open ('./raw.py') = allow" -- python3 -S raw.py
            want raw; send "n\r"; want "asks to open('f'"; sleep 0.4; answer y
            want hello; want "settings kept"
            """);
        Assert.True(asked.Status == 0, asked.ToString());
    }

    [Fact]
    public void Ctrl_c_at_the_question_ends_the_program()
    {
        using Sandbox box = NewBox();
        Result asked = box.Talk("""
            spawn bash -c {trap : INT; "$SANDGATE" run --ask -c rules.json -- cat f; echo status $?; stty -a}
            want "> "; send "\003"; want "status 130"; want "isig icanon iexten echo"
            """);
        Assert.True(asked.Status is 0 or 130, asked.ToString());
    }

    [Fact]
    public void In_the_background_the_question_waits_until_somebody_looks()
    {
        using Sandbox box = NewBox();
        Result asked = box.Talk("""
            spawn bash --norc -i
            send "PS1='# '; \"\$SANDGATE\" run --ask -c rules.json -- cat f & sleep 1; echo not''yet\r"
            want "notyet"; send "fg\r"; answer y; want hello; send "exit\r"
            """);
        Assert.True(asked.Status == 0, asked.ToString());
        Assert.True(asked.Out.IndexOf("asks to", StringComparison.Ordinal) > asked.Out.IndexOf("notyet", StringComparison.Ordinal), asked.ToString());
    }

    [Fact]
    public void A_shell_with_jobs_inside_is_asked_about_too()
    {
        using Sandbox box = NewBox();
        Result asked = box.Talk("""
            spawn $env(SANDGATE) run --ask -c rules.json -- bash --norc -i
            send "PS1='# '; cat f; echo en''ded\r"
            answer y; want "hello\r\nended"; send "cat g; echo a''gain\r"
            answer n; want again; send "exit 7\r"
            """);
        Assert.True(asked.Status == 7, asked.ToString());
    }

    [Fact]
    public void A_hostile_name_can_not_fake_anything()
    {
        using Sandbox box = NewBox();
        Result asked = box.Talk("""
            spawn $env(SANDGATE) run --ask -c rules.json -- bash -c {cat $'x\e[2J\e]0;title\a\n          allowed > \r\u202e\xff'; echo ended}
            answer n; want ended
            """);
        Assert.DoesNotContain("\e[2J", asked.Out[asked.Out.IndexOf("asks to", StringComparison.Ordinal)..].Split("denied")[0]);
        Assert.Contains(@"asks to open('x\x1b[2J\x1b]0;title\x07\n          allowed > \r", asked.Out);
        Assert.DoesNotContain(Encoding.Latin1.GetString(Encoding.UTF8.GetBytes("\u202e")), asked.Out[asked.Out.IndexOf("asks to", StringComparison.Ordinal)..].Split("denied")[0]);
    }

    [Fact]
    public void The_default_can_be_to_ask()
    {
        using Sandbox box = NewBox("""{ "default": "ask", "rules": { "mkdir": { "('./a')": "allow" }, "write": { "('stdout')": "allow" } } }""");
        Result asked = box.Talk("""
            spawn $env(SANDGATE) run --ask -c rules.json -- $env(VICTIM) mkdir b
            want "asks to exec("; want "asked by the default"; answer y
            want "asks to readlink('/proc/self/exe')"; answer y
            want "asks to mkdir('b', '0755')"; answer n
            want "mkdir = EACCES"
            """);
        Assert.True(asked.Status == 1, asked.ToString());
        Assert.Equal(126, box.Run(["-c", "rules.json"], Sandbox.Victim, "mkdir", "a").Status);
    }

    private static int Count(string text, string part) => text.Split(part).Length - 1;
}
