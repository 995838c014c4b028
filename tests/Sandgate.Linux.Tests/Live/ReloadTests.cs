namespace Sandgate.Linux.Tests.Live;

/// <summary>Rules that change while the program runs: by SIGHUP, or by their own end. Not beside other tests: these watch the clock.</summary>
[Collection(nameof(Alone))]
public class ReloadTests
{
    // $SANDGATE in the background under rules.json, as process $gate, and ways to wait for what it and the program say.
    private const string Prelude = """
        gate() { "$SANDGATE" run "$@" > out 2> err & gate=$!; until [ -e ready ]; do sleep 0.02; done; }
        await() { for i in $(seq 500); do [ "$(grep -c "$2" "$1")" -ge "${3:-1}" ] && return; sleep 0.02; done; echo "in vain: $2 in $1"; cat out err; kill $gate; exit 99; }
        ended() { wait $gate; echo "status $?"; }

        """;

    // Opens f whenever a line comes, and says so.
    private const string Opener = "trap 'echo HUP' HUP; exec 3<>pipe; : > ready; while :; do read -t 20 word <&3 || continue; [ $word = end ] && exit 3; if : < f; then echo yes; else echo no; fi; done 2> /dev/null";

    private static Sandbox NewBox(string rules)
    {
        Sandbox box = new();
        box.Write("rules.json", rules);
        box.Write("f", "hello\n");
        box.Write("opener.sh", Opener);
        Assert.Equal(0, box.Native("mknod", "pipe").Status);
        return box;
    }

    private const string Denied = """{ "rules": { "open": { "('./f')": "not_allow" } } }""", Allowed = """{ "rules": { "open": { "('./other')": "not_allow", "('./more')": "not_allow" } } }""";

    [Fact]
    public void Changed_rules_are_in_force_and_unchanged_ones_leave_the_signal_to_the_program()
    {
        using Sandbox box = NewBox(Denied);
        box.Write("next.json", Allowed);
        Result result = box.Shell(Prelude + """
            gate -c rules.json -- bash opener.sh
            echo go > pipe; await out no
            cp next.json rules.json; kill -HUP $gate; await err "version 2, 2 rules"
            echo go > pipe; await out yes
            kill -HUP $gate; sleep 0.8; kill -HUP $gate; await out HUP
            echo end > pipe; ended
            cat out
            """);
        Assert.Equal("status 3\nno\nyes\nHUP\n", result.Out);
    }

    [Theory]
    [InlineData("{ \"rules\": { \"open\": { \"('./f')\": \"alow\" } } }", "unknown action \"alow\"")]
    [InlineData("{ \"rules\": ", "rules.json:1")]
    [InlineData("{ \"rules\": { \"connect\": { \"*\": \"not_allow\" } } }", "start with --trap=connect")]
    [InlineData("{ \"rules\": {}, \"tests\": [{ \"call\": \"open('./f', 'r')\", \"expect\": \"not_allow\" }] }", "open('./f', 'r')")]
    [InlineData("{ \"rules\": {}, \"floor\": { \"running_config\": false } }", "the floor can't be changed")]
    [InlineData("{ \"extends\": [\"./missing.json\"] }", "missing.json")]
    public void What_can_not_be_put_in_force_is_refused_and_said_why(string next, string why)
    {
        using Sandbox box = NewBox(Denied);
        box.Write("next.json", next);
        Result result = box.Shell(Prelude + """
            gate -c rules.json -- bash opener.sh
            cp next.json rules.json; kill -HUP $gate; await err "the rules stay as they are: version 1"
            echo go > pipe; await out no
            echo end > pipe; ended
            cat out
            """);
        Assert.Equal("status 3\nno\n", result.Out);
        Assert.Contains(why, File.ReadAllText(box.PathOf("err")));
    }

    [Theory]
    [InlineData("open", "core dumps, the files of fanotify's events and commands of ioctl get past them; start with --trap=open")]
    [InlineData("write", "commands of ioctl that do it get past them; start with --trap=write")]
    [InlineData("xattr", "commands of ioctl that do it get past them; start with --trap=xattr")]
    [InlineData("connect", "source routes and raw sockets get past them; start with --trap=connect")]
    public void Rules_that_only_recorded_leave_ways_open_past_rules_that_refuse(string family, string why)
    {
        string Rules(string action) => $$"""{ "rules": { "{{family}}": { "('./other')": "{{action}}" } } }""";
        using Sandbox box = NewBox(Rules("log"));
        box.Write("next.json", Rules("not_allow"));
        Result result = box.Shell(Prelude + $"""
            cp rules.json first.json
            gate --trace='*' -c rules.json -- bash opener.sh
            cp next.json rules.json; kill -HUP $gate; await err "the rules stay as they are: version 1"
            echo end > pipe; ended; cat err
            cp first.json rules.json; rm ready
            gate --trap={family} -c rules.json -- bash opener.sh
            cp next.json rules.json; kill -HUP $gate; await err "version 2"
            echo end > pipe; ended
            """);
        Assert.Contains(why, result.Out);
        Assert.EndsWith("status 3\n", result.Out);
    }

    [Fact]
    public void What_the_rules_lacked_can_be_put_there()
    {
        using Sandbox box = NewBox(Denied);
        box.Write("next.json", """{ "extends": ["./missing.json"] }""");
        Result result = box.Shell(Prelude + """
            gate -c rules.json -- bash opener.sh
            cp next.json rules.json; kill -HUP $gate; await err "the rules stay as they are: version 1"
            kill -HUP $gate; await err "the rules stay as they are: version 1" 2
            echo '{ "rules": {} }' > missing.json; kill -HUP $gate; await err "version 2"
            echo '{ "rules": { "open": { "*": "log" } } }' > missing.json; kill -HUP $gate; await err "version 3"
            echo end > pipe; ended
            """);
        Assert.Equal("status 3\n", result.Out);
    }

    [Fact]
    public void Trapped_calls_can_get_rules_later()
    {
        using Sandbox box = NewBox("""{ "rules": {} }""");
        box.Write("next.json", Denied);
        Result result = box.Shell(Prelude + """
            gate --trap=open,connect -c rules.json -- bash opener.sh
            echo go > pipe; await out yes
            cp next.json rules.json; kill -HUP $gate; await err "version 2, 1 rule"
            echo go > pipe; await out no
            echo end > pipe; ended
            """);
        Assert.Equal("status 3\n", result.Out);
    }

    [Fact]
    public void No_call_is_judged_wrongly_while_rules_change()
    {
        using Sandbox box = NewBox("");
        box.Write("a.json", """{ "rules": { "open": { "('./f')": "not_allow", "('./x')": "not_allow" } } }""");
        box.Write("b.json", """{ "rule_table": [{ "on": ["open"], "when": "path == './f'", "action": "not_allow" }] }""");
        box.Write("load.sh", """
            : > ready
            "$VICTIM" hammer 4 2 g & a=$!; "$VICTIM" open-loop 6000 f; "$VICTIM" open-loop 6000 g; wait $a
            """);
        box.Write("g", "other\n");
        Result result = box.Shell(Prelude + """
            cp a.json rules.json
            gate -q -c rules.json -- bash load.sh
            for i in $(seq 100); do for next in b a; do cp $next.json next; mv next rules.json; kill -HUP $gate || break 2; sleep 0.015; done; done
            ended; cat out; grep -v 'read again' err; grep -c 'read again' err
            """);
        Assert.Contains("status 0\n", result.Out);
        Assert.Contains("open-loop = 6000 failed\n", result.Out);
        Assert.DoesNotContain("stay as they are", result.Out);
        Assert.True(int.Parse(result.Out.TrimEnd().Split('\n')[^1], null) > 20, result.ToString());
        Assert.DoesNotMatch("open-loop = [1-9][0-9]* failed\nopen-loop = [1-9][0-9]* failed", result.Out);
    }

    [Fact]
    public void A_rule_ends_by_itself()
    {
        using Sandbox box = NewBox("");
        box.Write("rules.json", $$"""
            { "rule_table": [
              { "on": ["open"], "when": "path == './f'", "action": "not_allow", "expires": "{{DateTime.UtcNow.AddSeconds(8):yyyy-MM-dd'T'HH:mm:ss'Z'}}" },
              { "on": ["open"], "when": "path == './g'", "action": "not_allow", "expires": "2020-01-01" } ] }
            """);
        Result result = box.Shell(Prelude + """
            : > g
            gate -c rules.json -- bash opener.sh
            echo go > pipe; await out no
            await err "1 of the rules expired"
            echo go > pipe; await out yes
            echo end > pipe; ended
            "$SANDGATE" run -c rules.json -- "$VICTIM" open g
            """);
        Assert.Equal("status 3\nopen = 3\n", result.Out);
    }
}
