namespace Sandgate.Linux.Tests.Live;

/// <summary>Rights, paths, ports and code that the kernel itself holds a program to; attacks on them are among the others (tests/attack/walls.c).</summary>
public class WallTests
{
    // Rules that refuse nothing the programs here do, but have the supervisor do their calls.
    private static readonly string[] s_emulated =
        [.. new[] { "open", "delete", "rename", "link", "mkdir", "mknod", "truncate" }.SelectMany(o => new[] { "-e", $"{o} ('./none') = deny" }), "-e", "symlink ('/none') = deny",
            "-e", "connect ('192.0.2.1:5') = deny", "-e", "bind ('192.0.2.1:5') = deny"];

    private static readonly string[] s_ordinary = ["setpriv", "--reuid", "4250", "--regid", "4250", "--clear-groups", "--"];

    private const string
        State = "grep -E '^Cap(Inh|Prm|Eff|Bnd|Amb)' /proc/self/status; umask; env | grep -c -E '^(A_TOKEN|B)='",
        Lists = """
            { "isolation": { "paths": {
                "read": ["/usr", "/bin", "/lib", "/etc", "/proc", "./r", "./w", "./script"], "write": ["./w", "/dev/null"], "execute": ["/usr", "/bin", "/lib"] },
              "ports": { "connect": [], "bind": [0] } } }
            """,

        // What succeeds and what fails with what, line by line.
        Tries = """
            t() { printf '%s: ' "$*"; "$@" 2>&1 > /dev/null | sed 's/.*: //' | tr '\n' ' '; echo "${PIPESTATUS[0]}"; }
            t cat r/f; t cat secret; t ls .; t ls r
            t sh -c 'echo x > w/x'; t sh -c 'echo x > r/x'; t sh -c 'echo x >> r/f'; t sh -c ': < w/x'
            t mkdir w/d; t mkdir r/d; t mv r/f w/f; t mv w/x r/x; t ln r/f w/l; t ln w/x w/d/l; t mv w/x w/d/x; t rm r/f; t rm w/d/x; t rmdir r/e
            t ln -s q w/s; t ln -s q r/s; t mkfifo w/p; t mkfifo r/p; t truncate -s 0 r/f; t truncate -s 0 w/d/l; t cp /bin/true w/true; t ./w/true
            t /usr/bin/python3 -c '
            import os
            os.truncate("r/f", 0)'
            /usr/bin/python3 - <<'END'
            import socket
            def attempt(what, action):
                try:
                    action()
                    print(what, "done")
                except OSError as failed:
                    print(what, failed.errno)
            server = socket.socket()
            attempt("bind 0", lambda: server.bind(("127.0.0.1", 0)))
            server.listen()
            attempt("bind 9", lambda: socket.socket().bind(("127.0.0.1", 9009)))
            attempt("connect", lambda: socket.socket().connect(server.getsockname()))
            attempt("fast open", lambda: socket.socket().sendto(b"x", 0x20000000, server.getsockname()))
            attempt("multipath", lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262))
            attempt("datagrams", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect(("127.0.0.1", 53)))
            for place in "w", "r":
                attempt("unix " + place, lambda: socket.socket(socket.AF_UNIX).bind(place + "/sock"))
            END
            """;

    private static Sandbox Stage()
    {
        Sandbox box = new() { Variables = { ["A_TOKEN"] = "x", ["B"] = "y" } };
        File.SetUnixFileMode(box.Directory, (UnixFileMode)0x1ff);
        box.Write("lists.json", Lists);
        box.Write("script", Tries);
        box.Write("secret", "no");
        File.Copy(Sandbox.Sandgate, box.PathOf("sandgate"));
        Assert.Equal(0, box.Shell("mkdir r w r/e; echo f > r/f; chmod -R a+rwX .").Status);
        return box;
    }

    private static Result Run(Sandbox box, bool root, string[] options, params string[] command) =>
        box.Start([.. root ? [] : s_ordinary, box.PathOf("sandgate"), "run", "-q", .. options, "--", .. command]);

    [Theory]
    [InlineData(true, "[]", "0000000000000000", "0000000000000000")]
    [InlineData(true, "[\"net_bind_service\", \"CAP_CHOWN\"]", "0000000000000401", "0000000000000401")]
    [InlineData(true, "[\"sys_ptrace\"]", "0000000000000000", "0000000000000000")]
    [InlineData(false, "[\"net_bind_service\"]", "0000000000000000", null)]
    public void Only_kept_capabilities_are_left_and_variables_and_umask_are_as_asked(bool root, string kept, string set, string? bounding)
    {
        using Sandbox box = Stage();
        box.Write("caps.json", $$"""{ "isolation": { "capabilities": {{kept}}, "umask": "027", "scrub_environment": ["*TOKEN*"] } }""");
        Result run = Run(box, root, ["-c", "caps.json"], "bash", "-c", State);
        string[] lines = run.Out.Split('\n');
        foreach (string line in lines.Take(5).Where(l => bounding is not null || !l.StartsWith("CapBnd", StringComparison.Ordinal)))
            Assert.EndsWith("\t" + set, line, StringComparison.Ordinal);
        Assert.Equal(["0027", "1"], lines[5..7]);
    }

    [Fact]
    public void Whoever_isolates_nothing_keeps_what_he_has()
    {
        using Sandbox box = Stage();
        string native = box.Shell(State).Out, inside = Run(box, root: true, [], "bash", "-c", State).Out;
        const ulong Ptrace = 1 << 19;
        ulong Effective(string text) => Convert.ToUInt64(text.Split('\n')[2].Split('\t')[1], 16);
        Assert.Equal(Effective(native) & ~Ptrace, Effective(inside));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_the_kernel_refuses_is_refused_in_emulated_calls_alike(bool root)
    {
        string[] outs = [.. new[] { null, new[] { "-c", "lists.json" }, ["-c", "lists.json", .. s_emulated] }.Select(options =>
        {
            using Sandbox box = Stage();
            return options is null ? box.Start([.. root ? [] : s_ordinary, "bash", "script"]).Out : Run(box, root, options, "bash", "script").Out;
        })];
        Assert.Contains("cat secret: 0\n", outs[0], StringComparison.Ordinal);
        Assert.Contains("fast open done\n", outs[0], StringComparison.Ordinal);
        Assert.Contains("cat r/f: 0\ncat secret: Permission denied 1\n", outs[1], StringComparison.Ordinal);
        foreach (string line in (string[])["ln r/f w/l: Invalid cross-device link 1", "mkdir w/d: 0", "mkdir r/d: Permission denied 1", "mv w/x w/d/x: 0", "bind 0 done", "bind 9 13", "connect 13", "fast open 95", "multipath 93", "datagrams done", "unix w done", "unix r 13"])
            Assert.Contains(line + "\n", outs[1], StringComparison.Ordinal);
        Assert.Equal(outs[1], outs[2]);
    }

    [Fact]
    public void A_path_that_is_not_there_is_named_and_nothing_runs()
    {
        using Sandbox box = Stage();
        box.Write("gone.json", """{ "isolation": { "paths": { "read": ["/usr", "/bin", "/lib", "/etc", "./gone"] } } }""");
        Result run = box.Run(["-c", "gone.json"], "echo", "ran");
        Assert.Equal((125, ""), (run.Status, run.Out));
        Assert.Contains($"'{box.PathOf("gone")}': ENOENT", run.Err, StringComparison.Ordinal);
        Result without = box.Run(["--best-effort", "-c", "gone.json"], "echo", "ran");
        Assert.Equal((0, "ran\n"), (without.Status, without.Out));
        Assert.Contains($"'{box.PathOf("gone")}' isn't there", Assert.Single(without.Said), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{ "isolation": { "code": { "write_xor_execute": true } } }""")]
    [InlineData("""{ "isolation": { "code": { "only_from": ["/usr/**", "/bin/**", "/lib/**"] } } }""")]
    public void Interpreters_run_without_writable_code_and_compilers_at_run_time_do_not(string config)
    {
        using Sandbox box = new();
        box.Write("code.json", config);
        Assert.Equal(new Result(0, "5\n", ""), box.Run(["-c", "code.json"], "/usr/bin/python3", "-c", "import json, zlib, socket; print(len('works'))"));
        Assert.Equal(new Result(0, "works\n", ""), box.Run(["-c", "code.json"], "bash", "-c", "echo works | cat"));
        Assert.Equal("1\n", box.Start(["node", "-e", "console.log(1)"]).Out);
        Result compiled = box.Run(["-c", "code.json"], "node", "-e", "console.log(1)");
        Assert.True(compiled.Status > 0 && compiled.Out.Length == 0, compiled.ToString());
    }

    [Fact]
    public void Code_from_elsewhere_is_a_denial_like_others()
    {
        using Sandbox box = new();
        box.Write("code.json", """{ "isolation": { "code": { "only_from": ["/usr/**", "/bin/**", "/lib/**"] } } }""");
        Assert.Equal(0, box.Shell("cp /bin/true mine && ./mine").Status);
        Result run = box.Run(["-c", "code.json"], "bash", "-c", "./mine; echo $?");
        Assert.Equal("126\n", run.Out);
        Assert.Contains("by the \"isolation: code\": code may come from /usr/**", Assert.Single(run.Denials), StringComparison.Ordinal);
    }

    [Fact]
    public void A_library_with_another_hash_is_not_mapped()
    {
        using Sandbox box = new();
        Assert.Equal(0, box.Shell("""
            f=$(readlink -f "$(ldd /bin/ls | sed -n 's/.*=> \(.*libc.so[^ ]*\) .*/\1/p')"); h=$(sha256sum < "$f" | cut -d' ' -f1)
            echo "{ \"isolation\": { \"code\": { \"hashes\": { \"$f\": \"$h\" } } } }" > same.json
            echo "{ \"isolation\": { \"code\": { \"hashes\": { \"$f\": \"$(echo | sha256sum | cut -d' ' -f1)\" } } } }" > other.json
            """).Status);
        Assert.Equal(0, box.Run(["-c", "same.json"], "/bin/ls").Status);
        Result other = box.Run(["-c", "other.json"], "/bin/ls");
        Assert.Equal(127, other.Status);
        Assert.Contains("isolation: code", Assert.Single(other.Denials), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_is_bound_to_a_port_of_the_list_listens(bool root)
    {
        using Sandbox box = Stage();
        using System.Net.Sockets.TcpListener probe = new(System.Net.IPAddress.Loopback, 0);
        probe.Start();
        int port = ((System.Net.IPEndPoint)probe.LocalEndpoint).Port;
        probe.Stop();
        string program = box.Write("listens.py", """
            import socket, sys
            bound = socket.socket(); bound.bind(("127.0.0.1", int(sys.argv[1]))); bound.listen(); print("tcp")
            local = socket.socket(socket.AF_UNIX); local.bind("\0sandgate" + sys.argv[1]); local.listen(); print("unix")
            for kind in socket.AF_UNIX, socket.AF_INET, socket.AF_INET6:
                try: socket.socket(kind).listen(); print("listens")
                except OSError as failed: print(failed.errno)
            """);
        box.Write("ports.json", $$"""{ "isolation": { "ports": { "bind": [{{port}}] } } }""");
        Result result = Run(box, root, ["-c", "ports.json"], "/usr/bin/python3", program, $"{port}");
        Assert.Equal(new Result(0, "tcp\nunix\n22\n1\n1\n", ""), result);
    }
}
