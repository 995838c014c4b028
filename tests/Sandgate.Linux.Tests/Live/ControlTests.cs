using System.Text.Json;

namespace Sandgate.Linux.Tests.Live;

/// <summary>Sessions that are steered while they run. Not beside other tests: these watch the clock.</summary>
[Collection(nameof(Alone))]
public class ControlTests
{
    [Fact]
    public void A_session_is_listed_while_it_runs_and_leaves_nothing_behind()
    {
        using Sandbox box = Steered.NewBox();
        Result result = box.Steer("""
            gate -- bash ticker.sh; await out tick
            stat -c %a run/sandgate run/sandgate/*.sock
            "$SANDGATE" ps; "$SANDGATE" ps --format json > ps.json
            kill $gate; ended; ls -A run/sandgate; "$SANDGATE" ps
            """);
        string[] lines = result.Out.TrimEnd().Split('\n');
        Assert.Equal(["700", "600"], lines[..2]);
        Assert.StartsWith("SESSION ", lines[2]);
        Assert.Matches(@"^[a-z0-9]{8}  +[0-9]+  [0-9:]{8}  running  [0-9]+ +bash ticker\.sh$", lines[3]);
        Assert.Equal(["status 143", "no session runs"], lines[4..]);
        JsonElement session = Assert.Single(JsonElement.Parse(File.ReadAllText(box.PathOf("ps.json"))).EnumerateArray());
        Assert.Equal(["bash", "ticker.sh"], session.GetProperty("command").EnumerateArray().Select(w => w.GetString()));
        Assert.Equal("running", session.GetProperty("state").GetString());
    }

    [Fact]
    public void A_pause_stops_the_whole_tree_and_resume_lets_it_go_on()
    {
        using Sandbox box = Steered.NewBox();
        Result result = box.Steer("""
            gate -- bash -c 'bash ticker.sh & (trap "" TERM INT; exec setsid bash ticker.sh) & wait'; await out tick 6
            "$SANDGATE" pause; "$SANDGATE" pause $session; "$SANDGATE" ps | grep -c paused
            sleep 0.2; a=$(ticks); sleep 0.6; b=$(ticks); echo moved $((b - a))
            "$SANDGATE" resume; "$SANDGATE" resume --format json | tr -d ' \n'; echo
            await out tick $((b + 6)); "$SANDGATE" ps | grep -c running
            "$SANDGATE" kill ${session:0:4}; ended
            """);
        string[] lines = result.Out.TrimEnd().Split('\n');
        string name = lines[0].Split(' ')[0];
        Assert.Equal([$"{name} paused", $"{name} stands still already", "1", "moved 0", $"{name} goes on", $"{{\"session\":\"{name}\",\"changed\":false}}", "1", $"{name} killed", "status 137"], lines);
        Assert.Contains("paused by uid ", File.ReadAllText(box.PathOf("err")));
    }

    [Fact]
    public void A_paused_session_can_be_killed()
    {
        using Sandbox box = Steered.NewBox();
        Result result = box.Steer("""gate -- bash -c 'trap "" TERM; bash ticker.sh; echo alive'; await out tick; "$SANDGATE" pause > said; "$SANDGATE" kill >> said; ended; grep -c alive out""");
        Assert.Equal("status 137\n0\n", result.Out);
    }

    [Fact]
    public void Rules_come_and_go()
    {
        using Sandbox box = Steered.NewBox();
        Result result = box.Steer("""
            gate -e "open ('/nowhere') = not_allow" -- bash opener.sh; await out yes
            "$SANDGATE" rules add "open ('$PWD/f') = not_allow"; await out no
            "$SANDGATE" rules | sed 's/ uid .*//; s/  */ /g'
            "$SANDGATE" rules remove 1; n=$(grep -c yes out); await out yes $((n + 1))
            "$SANDGATE" rules add "open ('$PWD/f') = not_allow" --ttl 1s $session > /dev/null; n=$(grep -c no out); await out no $((n + 1))
            n=$(grep -c yes out); await out yes $((n + 1)); await err 'of the rules expired'
            "$SANDGATE" rules --format json | grep -c action
            "$SANDGATE" kill > said; ended
            """);
        string[] lines = result.Out.TrimEnd().Split('\n');
        Assert.Matches("^rule 1 is in force in [a-z0-9]{8}$", lines[0]);
        Assert.Equal("ID RULE ACTION PLACE UNTIL BY", lines[1]);
        Assert.StartsWith("- open ('/nowhere') not_allow -e 1", lines[2]);
        Assert.StartsWith($"1 open ('{box.PathOf("f")}') not_allow added 1", lines[3]);
        Assert.Matches("^rule 1 is gone from", lines[4]);
        Assert.Equal(["1", "status 137"], lines[5..]);
    }

    [Theory]
    [InlineData("add \"opne ('/x') = not_allow\"", "did you mean")]
    [InlineData("add \"connect ('*') = not_allow\"", "start with --trap=connect")]
    [InlineData("add \"open ('/x') = not_allow\" --ttl soon", "length of time")]
    [InlineData("remove 7", "no rule 7 was added")]
    [InlineData("reload", "the rules come from no file")]
    [InlineData("add \"open ('/x') = not_allow\" nosuch", "'sandgate ps' lists")]
    public void What_can_not_be_done_is_said_and_changes_nothing(string verb, string why)
    {
        using Sandbox box = Steered.NewBox();
        Result result = box.Steer($"""
            gate -e "open ('/nowhere') = not_allow" -- bash opener.sh; await out yes
            "$SANDGATE" rules {verb}; echo $?
            "$SANDGATE" rules --format json | grep -c action
            "$SANDGATE" kill > said; ended
            """);
        Assert.Equal("1\n1\nstatus 137\n", result.Out);
        Assert.Contains(why, result.Err);
    }

    [Fact]
    public void Files_of_rules_are_read_again()
    {
        using Sandbox box = Steered.NewBox();
        box.Write("rules.json", """{ "rules": { "open": { "('./other')": "not_allow" } } }""");
        box.Write("next.json", """{ "rules": { "open": { "('./f')": "not_allow" } } }""");
        Result result = box.Steer("""
            gate -c rules.json -- bash opener.sh; await out yes
            "$SANDGATE" rules reload; cp next.json rules.json; "$SANDGATE" rules reload; await out no
            "$SANDGATE" kill > said; ended
            """);
        Assert.Equal("no file has changed\nthe rules were read again: version 2, 1 rule\nstatus 137\n", result.Out);
    }

    [Fact]
    public void A_question_waits_for_a_client_and_the_last_that_leaves_answers_it()
    {
        using Sandbox box = Steered.NewBox();
        Result result = box.Steer("""
            gate -e "open ('./f') = ask" -- bash opener.sh; await out no
            "$SANDGATE" asks --follow > asked & follower=$!; await asked "asks to open('f'"
            n=$(wc -l < out); sleep 0.5; echo moved $(($(wc -l < out) - n))
            id=$(sed -n '1s/ .*//p' asked); "$SANDGATE" asks | grep -c "^$id "
            "$SANDGATE" answer $id allow; await out yes
            "$SANDGATE" answer $id allow 2> again; echo $?
            sleep 0.3; id=$("$SANDGATE" asks | sed -n '1s/ .*//p'); "$SANDGATE" answer $id not_allow --run; n=$(wc -l < out); sleep 0.5; [ $(wc -l < out) -gt $((n + 2)) ] && echo remembered
            kill $follower; "$SANDGATE" kill > said; ended
            """);
        Assert.Equal("moved 0\n1\n1\nremembered\nstatus 137\n", result.Out);
        result = box.Steer("""
            gate -e "open ('./f') = ask" -- bash opener.sh; await out no
            "$SANDGATE" asks --follow > asked2 & follower=$!; await asked2 "asks to open('f'"
            kill $follower; n=$(wc -l < out); await out no $((n + 3)); "$SANDGATE" kill > said; ended
            """);
        Assert.Equal("status 137\n", result.Out);
    }

    [Fact]
    public void What_was_done_is_recorded_and_the_record_is_out_of_reach()
    {
        using Sandbox box = Steered.NewBox();
        box.Write("tamper.sh", "rm -f record.jsonl; mv record.jsonl x; : > record.jsonl; ln record.jsonl y; echo tried; bash ticker.sh");
        Result result = box.Steer("""
            gate --record record.jsonl -- bash tamper.sh; await out tick
            "$SANDGATE" pause > said; "$SANDGATE" resume >> said; "$SANDGATE" kill >> said; ended
            grep -o '"event":"[a-z]*","n":[0-9]*\|"action":"[a-z]*"' record.jsonl | grep -c 'session\|end"'
            grep -o '"action":"[a-z]*","text":"","by":"uid [0-9]* pid' record.jsonl | sed 's/,.*//'; ls x y 2> /dev/null
            """);
        Assert.Equal("status 137\n2\n\"action\":\"pause\"\n\"action\":\"resume\"\n\"action\":\"kill\"\n", result.Out);
        Assert.Equal(4, File.ReadAllText(box.PathOf("err")).Split("floor: running_config").Length - 1);
    }

    [Fact]
    public void Subscribers_hear_of_calls_and_of_the_end()
    {
        using Sandbox box = Steered.NewBox();
        box.Write("g", "other\n");
        box.Write("hear.py", """
            import json, socket, sys
            s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1])
            s.sendall(b'{"v":1,"id":5,"do":"subscribe","to":["%s"]}\n' % sys.argv[2].encode())
            for line in s.makefile():
                e = json.loads(line)
                print(e.get("id", e.get("event")), e.get("verdict", e.get("status", e.get("ok"))), e.get("call", ""), flush=True)
            """);
        Result result = box.Steer("""
            gate -e "open ('./g') = not_allow" -- bash -c 'while :; do : < f; : < g; sleep 0.05; done 2> /dev/null'
            /usr/bin/python3 hear.py $socket events > all & /usr/bin/python3 hear.py $socket denials > denied & 
            await all "open('g'"; await denied "open('g'"; "$SANDGATE" kill > said; ended; wait
            head -n 1 all; grep -c "allow open('f'" all | sed 's/[1-9][0-9]*/some/'; tail -n 1 all; grep -c "open('f'" denied; tail -n 1 denied
            """);
        Assert.Equal("status 137\n5 True \nsome\nend 137 \n0\nend 137 \n", result.Out);
    }

    [Fact]
    public void What_killed_supervisors_leave_behind_vanishes()
    {
        using Sandbox box = Steered.NewBox();
        Result result = box.Steer("""
            gate -- sleep 60; kill -9 $gate; wait $gate 2> /dev/null; ls run/sandgate | wc -l; "$SANDGATE" ps; ls run/sandgate | wc -l
            gate -- sleep 60; kill -9 $gate; wait $gate 2> /dev/null; before=$session; rm -f out err
            gate -- sleep 60; for i in $(seq 200); do [ -e run/sandgate/$before.sock ] || break; sleep 0.02; done; ls run/sandgate | wc -l; "$SANDGATE" kill > said; ended
            """);
        Assert.Equal("1\nno session runs\n0\n1\nstatus 137\n", result.Out);
    }

    [Fact]
    public void Without_a_safe_place_or_wish_there_is_no_socket_and_the_program_runs()
    {
        using Sandbox box = Steered.NewBox();
        Result result = box.Shell("""
            "$SANDGATE" run --no-control -- true; ls run
            mkdir -m 755 run/sandgate; "$SANDGATE" run -- sleep 0.5; echo $?; ls run/sandgate
            rmdir run/sandgate; mkdir -m 700 elsewhere; ln -s ../elsewhere run/sandgate; "$SANDGATE" run -- sleep 0.5; echo $?; ls elsewhere
            """);
        Assert.Equal("0\n0\n", result.Out);
        Assert.Equal(2, result.Said.Length);
        Assert.All(result.Said, line => Assert.StartsWith("this run can't be steered: ", line));
    }
}
