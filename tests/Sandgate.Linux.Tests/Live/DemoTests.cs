using System.Net;
using System.Net.Sockets;

namespace Sandgate.Linux.Tests.Live;

/// <summary>The files in examples/rules, with the programs that they are for and a stand-in for the internet on loopback.</summary>
[Collection(nameof(Alone))]
public class DemoTests
{
    private static string Rules(string name) => Repository.PathOf($"examples/rules/{name}");

    private static int FreePort()
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    [Theory]
    [InlineData("one-domain.json")]
    [InlineData("git-over-ssh.json")]
    [InlineData("ask-before-writing.json")]
    [InlineData("no-secrets.json")]
    public void The_files_hold_what_they_promise_themselves(string file)
    {
        using Sandbox box = new();
        Result check = box.Start([Sandbox.Sandgate, "check", "--strict", Rules(file)]);
        Assert.True(check.Status == 0 && check.Out.Contains(" pass", StringComparison.Ordinal), check.ToString());
    }

    [Fact]
    public void Curl_reaches_one_domain_only()
    {
        using Sandbox box = new();
        (box.Variables["PORT"], box.Variables["RULES"]) = ($"{FreePort()}", Rules("one-domain.json"));
        box.Write("demo.sh", """
            for address in 127.0.0.2 127.0.0.3; do
              mkdir $address; echo "I am $address" > $address/index.html
              python3 -m http.server --bind $address --directory $address $PORT > $address.log 2>&1 &
              until : 2> /dev/null < /dev/tcp/$address/$PORT; do sleep 0.05; done
            done
            trap 'kill $(jobs -p)' EXIT
            try() { "$@" curl -sS -m 10 http://$url:$PORT/ || echo "$url $?"; }
            for url in example.org www.example.org evil.test; do try; done
            for url in example.org www.example.org evil.test notexample.org 127.0.0.3; do try "$SANDGATE" run -c "$RULES" --; done
            """);
        Result result = box.Start([
            Repository.PathOf("tests/standin/with-dns.sh"), "127.0.0.53", "example.org=127.0.0.2", "www.example.org=127.0.0.2", "notexample.org=127.0.0.3", "evil.test=127.0.0.3",
            "--", "bash", "demo.sh"]);
        string[] lines = result.Out.Split("--- asked")[0].Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.True(lines.SequenceEqual([
            "I am 127.0.0.2", "I am 127.0.0.2", "I am 127.0.0.3",
            "I am 127.0.0.2", "I am 127.0.0.2", "evil.test 7", "notexample.org 7", "127.0.0.3 7"]), result.ToString());
        Assert.Contains($"denied connect('127.0.0.3:{box.Variables["PORT"]}') by rule \"nobody else\"", result.Err);
    }

    [Fact]
    public void Git_pushes_over_ssh_and_over_nothing_else()
    {
        using Sandbox box = new();
        (box.Variables["SSH_PORT"], box.Variables["GIT_PORT"], box.Variables["RULES"]) = ($"{FreePort()}", $"{FreePort()}", Rules("git-over-ssh.json"));
        box.Variables["HOME"] = box.Directory;
        Result result = box.Shell("""
            PATH=$PATH:/usr/sbin; mkdir -p /run/sshd
            exec 3>&1 > setup.log 2>&1
            ssh-keygen -q -t ed25519 -N '' -f host; ssh-keygen -q -t ed25519 -N '' -f user; cp user.pub authorized; chmod 600 authorized
            "$(command -v sshd)" -D -e -f /dev/null -h "$PWD/host" -p $SSH_PORT -o ListenAddress=127.0.0.1 -o AuthorizedKeysFile="$PWD/authorized" \
              -o StrictModes=no -o PidFile=none -o UsePAM=no -o PermitRootLogin=yes & sshd=$!
            git daemon --listen=127.0.0.1 --port=$GIT_PORT --base-path="$PWD" --export-all --enable=receive-pack --pid-file="$PWD/daemon.pid" & daemon=$!
            trap 'kill $sshd $daemon' EXIT
            git config --global user.email a@b.c; git config --global user.name a; git config --global init.defaultBranch main
            git init --bare remote.git; git init work; cd work; git commit --allow-empty -m one
            export GIT_SSH_COMMAND="ssh -F /dev/null -i $HOME/user -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o BatchMode=yes"
            until : 2> /dev/null < /dev/tcp/127.0.0.1/$SSH_PORT && : < /dev/tcp/127.0.0.1/$GIT_PORT; do sleep 0.05; done
            over_ssh() { "$@" git push ssh://127.0.0.1:$SSH_PORT$HOME/remote.git HEAD:$branch; echo "ssh $branch $?" >&3; }
            over_git() { "$@" git push git://127.0.0.1:$GIT_PORT/remote.git HEAD:$branch; echo "git $branch $?" >&3; }
            branch=native-ssh over_ssh; branch=native-git over_git
            branch=ssh over_ssh "$SANDGATE" run -c "$RULES" --
            branch=git over_git "$SANDGATE" run -c "$RULES" --
            branch=copy; cp "$(command -v git)" ssh; ./ssh --version
            "$SANDGATE" run -c "$RULES" -- bash -c ': < /dev/tcp/127.0.0.1/$GIT_PORT' || echo "bash no" >&3
            git -C ../remote.git branch --format='%(refname:short)' >&3
            """);
        string log = File.ReadAllText(box.PathOf("setup.log"));
        Assert.True(result.Out == "ssh native-ssh 0\ngit native-git 0\nssh ssh 0\ngit git 128\nbash no\nnative-git\nnative-ssh\nssh\n", result + log);
        Assert.Contains($"denied connect('127.0.0.1:{box.Variables["GIT_PORT"]}') by rule \"only ssh\"", log);
    }

    [Fact]
    public void Writing_outside_the_directory_is_asked_about()
    {
        using Sandbox box = new();
        using Sandbox elsewhere = new();
        box.Variables["RULES"] = Rules("ask-before-writing.json");
        box.Variables["THERE"] = elsewhere.Directory;
        elsewhere.Write("old", "old\n");
        elsewhere.Write("gone", "gone\n");
        box.Write("work.py", """
            import os
            there = os.environ["THERE"]
            def attempt(what, call, *arguments):
                try:
                    call(*arguments)
                    print(what, "done")
                except OSError as e:
                    print(what, e.strerror)
            attempt("inside", lambda: open("a", "w").write("x"))
            attempt("read", lambda: open(there + "/old").read())
            attempt("make", os.open, there + "/made", os.O_RDONLY | os.O_CREAT)
            attempt("append", lambda: open(there + "/old", "a").write("x"))
            attempt("truncate", os.truncate, there + "/old", 0)
            attempt("rename out", os.rename, "a", there + "/a")
            attempt("rename in", os.rename, there + "/gone", "gone")
            attempt("link in", os.link, there + "/old", "link")
            attempt("mkdir", os.mkdir, there + "/d")
            attempt("delete", os.unlink, there + "/old")
            attempt("chmod", os.chmod, there, 0o777)
            attempt("utime", os.utime, there + "/old")
            attempt("symlink", os.symlink, "x", there + "/s")
            attempt("xattr", os.setxattr, there + "/old", "user.a", b"b")
            os.symlink(there + "/old", "way")
            attempt("by link", lambda: open("way", "w"))
            """);
        const string Asked = "make|append|truncate|rename out|rename in|link in|mkdir|delete|chmod|utime|symlink|xattr|by link";
        Result without = box.Run(["-q", "-c", box.Variables["RULES"]!], "python3", "-S", "-B", "work.py");
        Assert.Equal("inside done\nread done\n" + string.Concat(Asked.Split('|').Select(w => $"{w} Permission denied\n")), without.Out);
        Assert.Equal("gone\nold\n", box.Shell("ls \"$THERE\"; rm -f way").Out);

        Result asked = box.Talk("""
            spawn $env(SANDGATE) run --ask -c $env(RULES) -- bash -c {cp work.py copy; cp copy "$THERE/copy"; cp copy "$THERE/copy"; echo x | cat > piped; echo hi > "$THERE/old"; echo > /dev/null; mkdir "$THERE/new"; echo ended}
            answer n; want "Permission denied"
            answer y; answer n; want "Permission denied"
            answer y; want ended
            """);
        Assert.True(asked.Status == 0, asked.ToString());
        Assert.Equal("copy\ngone\nnew\nold\nold\n", box.Shell("ls \"$THERE\"; cat \"$THERE/old\"").Out);
        Assert.Equal(4, asked.Out.Split("asks to").Length - 1);
    }

    [Fact]
    public void What_a_script_calls_secret_is_read_by_nobody()
    {
        using Sandbox box = new();
        box.Variables["RULES"] = Rules("no-secrets.json");
        Directory.CreateDirectory(box.PathOf("app/.ssh"));
        box.Write("app/.env", "password=1\n");
        box.Write("app/.ssh/id_rsa", "password=2\n");
        box.Write("app/main.py", "password=3\n");
        File.CreateSymbolicLink(box.PathOf("app/harmless"), ".env");
        const string Read = """
            grep -r password app
            cat app/harmless app/main.py
            python3 -S -c 'print(open("app/.ssh/../.env").read())' | tail -n 1
            ln app/.env hard && cat hard; mv app/.ssh/id_rsa moved && cat moved
            cp -r app copy; cat copy/.env
            true
            """;
        Result native = box.Shell(Read + "\nmv moved app/.ssh/id_rsa; rm -rf hard copy");
        Assert.Contains("password=1", native.Out);
        Assert.Contains("password=2", native.Out);
        Result inside = box.Run(["-c", box.Variables["RULES"]!], "bash", "-c", Read);
        Assert.Equal("app/main.py:password=3\npassword=3\n", inside.Out);
        Assert.All(inside.Denials, d => Assert.Contains("\"a secret\"", d));
        Assert.True(inside.Denials.Length >= 6, inside.ToString());
    }
}
