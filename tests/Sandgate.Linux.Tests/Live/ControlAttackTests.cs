namespace Sandgate.Linux.Tests.Live;

/// <summary>Nobody inside of a sandbox steers it, or another, and no other user. Not beside other tests: these watch the clock.</summary>
[Collection(nameof(Alone))]
public class ControlAttackTests
{
    private static readonly string[] s_ways = ["direct", "root", "cwd", "orphan", "inherited", "leaderless", "undumpable"];

    public static TheoryData<string, string> Ways()
    {
        TheoryData<string, string> cases = [];
        foreach (string way in s_ways)
        {
            cases.Add(way, "");
            cases.Add(way, "-e \"connect ('*:9') = not_allow\"");
            cases.Add(way, "-e \"delete ('/nowhere') = not_allow\" -e \"connect ('unix:/nowhere') = not_allow\"");
        }

        return cases;
    }

    // A socket of the same kind that pauses whoever asks it: shows that the attack would work.
    private const string Server = """
        import os, socket, sys
        s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); os.chmod(sys.argv[1], 0o600); s.listen(16)
        while True:
            c, _ = s.accept()
            if c.makefile().readline(): c.sendall(b'{"id":1,"ok":true,"changed":true}\n')
        """;

    [Theory]
    [MemberData(nameof(Ways))]
    public void The_program_does_not_steer_its_own_session_nor_another(string way, string rules)
    {
        using Sandbox box = Steered.NewBox();
        box.Write("server.py", Server);
        Result result = box.Steer($$"""
            /usr/bin/python3 server.py equal.sock & server=$!; for i in $(seq 500); do [ -S equal.sock ] && break; sleep 0.02; done
            /usr/bin/python3 "$STEER" {{way}} $PWD/equal.sock; kill $server
            gate {{rules}} -- bash -c 'until [ -e go ]; do sleep 0.05; done; /usr/bin/python3 "$STEER" {{way}} "$(echo $PWD/run/sandgate/*.sock)"; echo over; exec bash ticker.sh'
            : > go; await out over; grep -v 'tick\|over' out
            "$SANDGATE" run -q {{rules}} -- /usr/bin/python3 "$STEER" {{way}} $PWD/$(ls run/sandgate/*.sock)
            n=$(ticks); await out tick $((n + 3)); "$SANDGATE" kill $session > said; ended
            """);
        string[] lines = result.Out.TrimEnd().Split('\n');
        Assert.Equal("""{"id":1,"ok":true,"changed":true}""", lines[0]);
        Assert.Equal(4, lines.Length);
        Assert.All(lines[1..3], line => Assert.Matches("""^(errno (1|13)|closed|\{"ok":false,"error":"refused: you (are inside of a sandbox|are gone|can't be looked at)"\})$""", line));
        Assert.Equal("status 137", lines[3]);
        Assert.DoesNotContain("paused", File.ReadAllText(box.PathOf("err")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("-e \"delete ('/nowhere') = not_allow\" -e \"rename ('/nowhere') = not_allow\"")]
    public void A_socket_that_the_program_takes_away_is_there_again(string rules)
    {
        using Sandbox box = Steered.NewBox();
        box.Write("take.py", """
            import glob, os, socket, time
            while not os.path.exists("go"): time.sleep(0.05)
            def attempt(what):
                try: what()
                except OSError as e: print("errno", e.errno, flush=True)
                time.sleep(0.2)
            path = glob.glob("run/sandgate/*.sock")[0]
            mine = socket.socket(socket.AF_UNIX); mine.bind("mine"); mine.listen()
            attempt(lambda: os.unlink(path))
            attempt(lambda: os.rename(path, "away"))
            attempt(lambda: os.rename("mine", path))
            attempt(lambda: os.rename("run/sandgate", "run/elsewhere"))
            print("over", flush=True)
            time.sleep(60)
            """);
        Result result = box.Steer($$"""
            gate {{rules}} -- /usr/bin/python3 take.py; : > go; await out over
            for i in $(seq 100); do [ "$("$SANDGATE" ps | grep -c running)" = 1 ] && break; sleep 0.05; done
            "$SANDGATE" ps | grep -c running; "$SANDGATE" kill > said; ended; ls run/sandgate
            """);
        Assert.Equal("1\nstatus 137\n", result.Out);
        string[] tried = [.. File.ReadAllLines(box.PathOf("out")).Where(l => l.StartsWith("errno", StringComparison.Ordinal))];
        Assert.Equal(rules.Length == 0 ? 0 : 4, tried.Length);
    }

    [Fact]
    public void A_program_that_answers_in_a_supervisors_place_is_found_out()
    {
        using Sandbox box = Steered.NewBox();
        box.Write("server.py", Server);
        Result result = box.Steer("""
            "$SANDGATE" run --no-control -- /usr/bin/python3 server.py $PWD/run/sandgate/faked.sock > /dev/null & mkdir -m 700 run/sandgate
            for i in $(seq 500); do [ -S run/sandgate/faked.sock ] && break; sleep 0.02; done
            "$SANDGATE" pause faked; echo $?; kill $!
            """);
        Assert.Equal("1\n", result.Out);
        Assert.Contains("is no supervisor", result.Err);
    }

    [Fact]
    public void Another_user_neither_sees_nor_steers()
    {
        using Sandbox box = Steered.NewBox();
        Result result = box.Steer("""
            other() { setpriv --reuid 4250 --regid 4250 --clear-groups -- "$@"; }
            chmod 755 .; cp "$SANDGATE" "$STEER" .; chmod 755 sandgate steer.py
            gate -- bash ticker.sh; await out tick
            other ./sandgate ps; other ./sandgate kill $session; echo $?
            other /usr/bin/python3 steer.py direct $PWD/run/sandgate/$session.sock
            chmod 711 run run/sandgate; chmod 666 run/sandgate/*.sock
            other /usr/bin/python3 steer.py direct $PWD/run/sandgate/$session.sock
            chmod 700 run run/sandgate; "$SANDGATE" kill > said; ended
            """);
        Assert.Equal("""
            no session runs
            1
            errno 13
            {"ok":false,"error":"refused: you are another user"}
            status 137

            """, result.Out);
    }

    [Fact]
    public void Whatever_clients_send_the_session_and_its_other_clients_go_on()
    {
        using Sandbox box = Steered.NewBox();
        box.Write("fuzz.py", """
            import os, random, socket, sys, time
            random.seed(7)
            def client():
                s = socket.socket(socket.AF_UNIX); s.settimeout(5); s.connect(sys.argv[1]); return s
            def attempt(what):
                s = client()
                try:
                    what(s)
                    s.settimeout(0.02)
                    while s.recv(65536): pass
                except OSError: pass
                s.close()
            for i in range(150):
                attempt(lambda s: s.sendall(random.randbytes(random.randrange(1, 3000)) + b"\n"))
            good = b'{"v":1,"id":1,"do":"status"}'
            for i in range(150):
                line = bytearray(good)
                for _ in range(random.randrange(1, 5)): line[random.randrange(len(line))] = random.randrange(256)
                attempt(lambda s: s.sendall(bytes(line) + b"\n"))
            for line in [b"[" * 60000, b'{"a":' * 10000, b"x" * 70000, b'{"v":1,"id":1e999,"do":"x"}', b'{"v":1,"do":"\\ud800"}', b'{"v":1,"do":"subscribe","to":[1]}',
                         b'{"v":1,"do":"add_rule","text":"' + b"(" * 50000 + b'"}', b'{"v":1,"do":"add_rule","text":"open /(a*)*b/ = not_allow","ttl":"-1s"}', b"\0" * 5000, b"null", b'"x"']:
                attempt(lambda s: s.sendall(line + b"\n"))
            # As many half lines as fit, which stay, and a client that subscribes and asks without reading.
            held = [client() for _ in range(14)]
            for i in range(3000):
                try: held[i % 13].sendall(b'{"v":1,"id":1,')
                except OSError: pass
            held[13].setblocking(False)
            held[13].send(b'{"v":1,"id":1,"do":"subscribe","to":["events"]}\n')
            for i in range(20000):
                try: held[13].send(good + b"\n")
                except OSError: break
            print("held", flush=True)
            time.sleep(2)
            """);
        Result result = box.Steer("""
            gate -q -e "open ('./f') = not_allow" -- bash opener.sh; await out no 3
            /usr/bin/python3 fuzz.py $socket > fuzzed & fuzzer=$!; await fuzzed held
            n=$(grep -c no out); begun=$(date +%s%N); "$SANDGATE" ps | grep -c running; took=$(( ($(date +%s%N) - begun) / 1000000 )); [ $took -lt 2000 ] || echo slow: $took ms
            await out no $((n + 10)); wait $fuzzer; grep -c yes out; "$SANDGATE" kill > said; ended; cat err | grep -v 'killed by'
            """);
        Assert.Equal("1\n0\nstatus 137\n", result.Out);
    }
}
