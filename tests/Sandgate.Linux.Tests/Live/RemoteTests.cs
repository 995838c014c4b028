namespace Sandgate.Linux.Tests.Live;

/// <summary>Sessions that are steered over TLS. Not beside other tests: these watch the clock.</summary>
[Collection(nameof(Alone))]
public class RemoteTests
{
    private const string Speak = """
        import json, socket, ssl, sys, time
        remote, way = json.load(open(sys.argv[1])), sys.argv[2]
        host, port = remote["address"].rsplit(":", 1)
        s = socket.create_connection((host, int(port)))
        if way != "plain":
            context = ssl.create_default_context(); context.check_hostname = False; context.verify_mode = ssl.CERT_NONE
            s = context.wrap_socket(s)
        token = remote["token"] if way == "right" else "0" * 64
        begun = time.time()
        try:
            first = b'{"v":1,"id":1,"do":"status"}\n' if way == "none" else json.dumps({"v": 1, "id": 1, "do": "auth", "token": token}).encode() + b"\n"
            s.sendall(first + b'{"v":1,"id":2,"do":"status"}\n')
            for line in s.makefile():
                reply = json.loads(line)
                print(reply.get("id"), reply["ok"], reply.get("state", ""), flush=True)
                if reply["id"] == 2: break
            else: print("end", "late" if time.time() - begun > 0.9 else "early")
        except (OSError, ValueError) as e: print("broken")
        """;

    [Fact]
    public void Only_who_has_the_token_steers_and_only_the_right_session()
    {
        using Sandbox box = Steered.NewBox();
        box.Write("speak.py", Speak);
        Result result = box.Steer("""
            gate --listen 127.0.0.1:0 -- bash ticker.sh; await out tick; file=run/sandgate/$session.remote.json
            for i in $(seq 500); do [ -s $file ] && break; sleep 0.02; done; stat -c %a $file
            for way in right wrong none plain; do echo $way; /usr/bin/python3 speak.py $file $way; done
            "$SANDGATE" ps --connect $file | grep -c running; "$SANDGATE" pause --connect $file; "$SANDGATE" resume --connect $file
            sed 's/\("certificate_sha256":"\)..../\10000/' $file > other.json; "$SANDGATE" kill --connect other.json; echo $?
            sed 's/\("token":"\)..../\10000/' $file > other.json; "$SANDGATE" kill --connect other.json; echo $?
            token=$(sed 's/.*"token":"\([^"]*\).*/\1/' $file); grep -c $token err out
            cp $file mine.json; "$SANDGATE" kill --connect mine.json > said; ended; ls -A run/sandgate
            """);
        string[] lines = result.Out.TrimEnd().Split('\n');
        Assert.Equal(["600", "right", "1 True ", "2 True running", "wrong", "1 False ", "end late", "none", "1 False ", "end late", "plain", "broken", "1"],
            [.. lines[..13].Select(l => l == "end early" && lines[10] == "plain" ? "broken" : l)]);
        Assert.Matches("^[a-z0-9]{8} paused$", lines[13]);
        Assert.Equal(["1", "1", "err:0", "out:0", "status 137"], lines[15..]);
        Assert.Contains("shows another certificate than other.json says", result.Err);
        Assert.Contains("refused", result.Err);
    }

    [Fact]
    public void The_program_does_not_get_the_token()
    {
        using Sandbox box = Steered.NewBox();
        Result result = box.Steer("""
            gate -q --listen 127.0.0.1:0 -- bash -c 'until [ -e go ]; do sleep 0.05; done; for f in run/sandgate/*.remote.json /proc/self/cwd/run/sandgate/*.remote.json; do cat $f; ln $f x; mv $f y; done; echo over; exec sleep 60'
            for i in $(seq 500); do [ -s run/sandgate/$session.remote.json ] && break; sleep 0.02; done; cat run/sandgate/*.remote.json | grep -c token
            : > go; await out over; cat out; ls x y 2> /dev/null; "$SANDGATE" kill > said; ended
            """);
        Assert.Equal("1\nover\nstatus 137\n", result.Out);
    }

    [Fact]
    public void A_certificate_of_the_users_own_is_shown_and_a_bad_one_runs_nothing()
    {
        using Sandbox box = Steered.NewBox();
        Result result = box.Steer("""
            openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=mine 2> /dev/null
            gate --listen 127.0.0.1:0 --tls-cert cert.pem --tls-key key.pem -- sleep 60; file=run/sandgate/$session.remote.json
            for i in $(seq 500); do [ -s $file ] && break; sleep 0.02; done
            openssl x509 -in cert.pem -noout -fingerprint -sha256 | sed 's/.*=//; s/://g' | tr A-F a-f > fingerprint; grep -c "$(cat fingerprint)" $file
            "$SANDGATE" kill --connect $file > said; ended
            "$SANDGATE" run --listen 127.0.0.1:0 --tls-cert key.pem --tls-key cert.pem -- touch ran; echo $?
            "$SANDGATE" run --listen nonsense -- touch ran; echo $?
            "$SANDGATE" run --listen 127.0.0.1:0 --no-control -- touch ran; echo $?
            ls ran 2> /dev/null
            """);
        Assert.Equal("1\nstatus 137\n125\n125\n125\n", result.Out);
    }
}
