using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace Sandgate.Linux.Tests.Live;

/// <summary>
/// What was learnt from one run lets the same run pass, twice, in directories that weren't there before; and what the run didn't do
/// is refused to it. The home is none, and not in /tmp.
/// </summary>
[Collection(nameof(Alone))]
public class LearnTests
{
    /// <summary>A script of bash that works in an empty directory, and what it needs there.</summary>
    private sealed record Job(string Work, string SetUp = "true");

    // The programs attempt what they never did while they were watched.
    private const string Canaries = """

        if [ -n "$CANARY" ]; then
          read -r x < /etc/shadow && echo STOLEN shadow
          read -r x < ~/.ssh/id_ed25519 && echo STOLEN $x
          echo x > ~/outside && echo WRITTEN
          /usr/bin/factor 7 && echo RUN
          (: < /dev/tcp/127.0.0.1/$CANARY) && echo CONNECTED
          true
        fi
        """;

    private static readonly Dictionary<string, Job> s_jobs = new()
    {
        ["git"] = new("""
            git init -q repo && cd repo
            mkdir -p src; for i in 1 2 3; do echo $i > src/$i; done
            git add -A && git -c user.name=a -c user.email=b commit -qm first
            echo 4 > src/4; git add -A; git -c user.name=a -c user.email=b commit -qm second
            git clone -q . ../copy
            git -C ../copy log --format=%s; ls ../copy/src; git status --short; cd ..
            """),
        ["npm"] = new("""
            npm install --offline --no-audit --no-fund --silent ./honest.tgz
            cat node_modules/honest/built; ls node_modules; node -p 'require("honest")'
            """, """
            echo '{ "name": "project", "version": "1.0.0", "private": true }' > package.json
            mkdir package; echo 'module.exports = 42;' > package/index.js
            echo '{ "name": "honest", "version": "1.0.0", "scripts": { "install": "node -e 0 && echo built > built" } }' > package/package.json
            tar -czf honest.tgz package; rm -r package
            """),
        ["python3"] = new("""
            /usr/bin/python3 - <<'END'
            import json, os, subprocess, sys, tempfile
            with tempfile.TemporaryDirectory() as directory:
                for i in range(3):
                    open(os.path.join(directory, str(i)), "w").write("x" * i)
                print(sorted(os.listdir(directory)))
                os.rename(os.path.join(directory, "2"), "kept")
            with tempfile.NamedTemporaryFile() as file:
                file.write(b"x")
            print(subprocess.run(["/usr/bin/tr", "a-z", "A-Z"], input=b"shout", capture_output=True).stdout)
            print(open(f"/proc/{os.getpid()}/comm").read().strip(), open("kept").read())
            json.dump({"a": 1}, open("out.json", "w"))
            os.symlink("kept", "link"); print(os.readlink("link")); os.remove("link")
            END
            cat out.json; echo
            """),
        ["gcc"] = new("""
            cat > hello.c <<'END'
            #include <stdio.h>
            int main(void) { puts("hello"); return 0; }
            END
            gcc -O1 -o hello hello.c && ./hello
            """),
        ["redis"] = new("""
            redis-server --port $PORT --bind 127.0.0.1 --save '' --appendonly yes --logfile log > /dev/null &
            for i in {1..200}; do sleep 0.05; redis-cli -p $PORT ping > /dev/null 2>&1 && break; done
            redis-cli -p $PORT set key value; redis-cli -p $PORT get key
            redis-benchmark -p $PORT -n 200 -c 5 -t set,get --csv | cut -d, -f1
            redis-cli -p $PORT bgsave
            for i in {1..200}; do sleep 0.05; redis-cli -p $PORT info persistence | grep -q rdb_bgsave_in_progress:0 && break; done
            redis-cli -p $PORT info persistence | grep rdb_last_bgsave_status
            redis-cli -p $PORT shutdown nosave; wait; ls *.rdb appendonlydir | grep -v temp
            """),
    };

    public static TheoryData<string> Jobs => [.. s_jobs.Keys];

    [Theory]
    [MemberData(nameof(Jobs))]
    public void What_was_learnt_lets_the_same_run_pass_and_nothing_else(string name)
    {
        using House house = new(s_jobs[name]);
        Result native = house.Play();
        Assert.True(native.Status == 0, native.ToString());
        Result learning = house.Play("learn", "-o", house.Config, "--force");
        Assert.True(learning.Status == 0 && learning.Out == native.Out, $"natively {native}\nwatched {learning}");
        Assert.DoesNotContain(learning.Said, l => l.Contains("still be refused", StringComparison.Ordinal));
        Result check = house.Box.Start([Sandbox.Sandgate, "check", "--strict", house.Config]);
        Assert.True(check.Status == 0, check.ToString());

        for (int again = 0; again < 2; again++)
        {
            Result held = house.Play("run", "-c", house.Config);
            Assert.True(held.Status == 0 && held.Out == native.Out, $"natively {native}\nunder what was learnt {held}");
        }

        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        house.Box.Variables["CANARY"] = ((IPEndPoint)listener.LocalEndpoint).Port.ToString(System.Globalization.CultureInfo.InvariantCulture);
        Result free = house.Play(), caught = house.Play("run", "-c", house.Config);
        Assert.True(free.Out.Contains("STOLEN KEY\nWRITTEN\n7: 7\nRUN\nCONNECTED", StringComparison.Ordinal), free.ToString());
        Assert.True(caught.Out == native.Out, $"the canaries got through: {caught}");
        foreach (string attempt in (string[])["open('/etc/shadow', 'r')", $"open('{house.Home}/.ssh/id_ed25519', 'r')", $"open('{house.Home}/outside', 'w", "exec('/usr/bin/factor', "])
            Assert.True(caught.Denials.Any(d => d.Contains(attempt, StringComparison.Ordinal)), $"{attempt} was not denied: {caught}");
        Assert.True(caught.Denials.Any(d => d.Contains("socket('AF_INET'", StringComparison.Ordinal) || d.Contains("connect('127.0.0.1:", StringComparison.Ordinal)), caught.ToString());
    }

    [Fact]
    public void A_file_that_exists_is_kept_and_more_can_be_added_to_it()
    {
        using Sandbox box = new();
        foreach (string file in (string[])["a", "b", "c"])
            box.Write(file, file);
        Assert.Equal("a", Learn(box, [], "cat", "a").Out);
        string first = File.ReadAllText(box.PathOf("learnt.json"));
        Result kept = Learn(box, [], "cat", "b");
        Assert.Equal((125, ""), (kept.Status, kept.Out));
        Assert.Contains("learnt.json exists; --merge adds to it, --force writes over it", kept.Said);

        Result differs = box.Start([Sandbox.Sandgate, "learn", "--diff", "learnt.json", "--", "cat", "b"]);
        Assert.Equal((0, "b"), (differs.Status, differs.Out));
        Assert.Contains("learnt.json: would refuse 1 call of", differs.Err);
        Assert.Contains("path == './b'", differs.Err);
        Assert.Equal(first, File.ReadAllText(box.PathOf("learnt.json")));

        Assert.Equal("b", Learn(box, ["--merge"], "cat", "b").Out);
        Result both = box.Run(["-c", "learnt.json"], "cat", "a", "b"), third = box.Run(["-c", "learnt.json"], "cat", "c");
        Assert.Equal((0, "ab", 1), (both.Status, both.Out, third.Status));
        Assert.NotEmpty(third.Denials);
        Assert.Contains("added 0 rules", Learn(box, ["--merge"], "cat", "b").Err);
    }

    [Fact]
    public void Records_teach_too_and_the_summary_is_for_programs_if_wanted()
    {
        using Sandbox box = new();
        box.Write("a", "a");
        box.Write("b", "b");
        foreach ((string file, string record) in (ReadOnlySpan<(string, string)>)[("a", "a.jsonl"), ("b", "b.db")])
            Assert.Equal(0, box.Start([Sandbox.Sandgate, "learn", "-o", $"{file}.json", "--record", record, "--", "cat", file]).Status);
        Result learnt = box.Start([Sandbox.Sandgate, "learn", "-o", "learnt.json", "--from", "a.jsonl", "--from", "b.db", "--format", "json"]);
        JsonElement summary = JsonElement.Parse(learnt.Out);
        Assert.Equal((0, 2), (learnt.Status, summary.GetProperty("runs").GetInt32()));
        Assert.Equal(22, summary.GetProperty("families").GetArrayLength());
        Assert.Equal("ab", box.Run(["-c", "learnt.json"], "cat", "a", "b").Out);
        Result differs = box.Start([Sandbox.Sandgate, "learn", "--diff", "a.json", "--from", "b.db"]);
        Assert.Equal(1, differs.Status);
        Assert.Equal(0, box.Start([Sandbox.Sandgate, "learn", "--diff", "b.json", "--from", "b.db"]).Status);
    }

    [Fact]
    public void Secrets_are_said_and_left_out_unless_they_are_wanted()
    {
        using Sandbox box = new();
        box.Write(".env", "TOKEN");
        Result learnt = Learn(box, [], "cat", ".env");
        Assert.Contains(learnt.Said, l => l.StartsWith("1 place looks like secrets and is NOT allowed: ./.env", StringComparison.Ordinal));
        Assert.Equal((1, ""), (box.Run(["-c", "learnt.json"], "cat", ".env") is { } held ? (held.Status, held.Out) : default));
        Learn(box, ["--force", "--allow-secrets"], "cat", ".env");
        Assert.Equal("TOKEN", box.Run(["-c", "learnt.json"], "cat", ".env").Out);
    }

    [Fact]
    public void Per_program_each_may_do_only_what_it_did()
    {
        using Sandbox box = new();
        box.Write("a", "a\n");
        Learn(box, ["--per-program"], "sh", "-c", "cat a; head -c0 /dev/null");
        Assert.Equal("a\n", box.Run(["-c", "learnt.json"], "sh", "-c", "cat a; head -c0 /dev/null").Out);
        Result other = box.Run(["-c", "learnt.json"], "sh", "-c", "head a");
        Assert.Equal("", other.Out);
        Assert.Contains(other.Denials, d => d.Contains("open('a', 'r')", StringComparison.Ordinal));
    }

    [Fact]
    public void The_status_is_the_programs_own_and_misuse_runs_nothing()
    {
        using Sandbox box = new();
        Assert.Equal(7, Learn(box, [], "sh", "-c", "exit 7").Status);
        Assert.Contains("ended with status 7", Learn(box, ["--force"], "sh", "-c", "exit 7").Err);
        Assert.Equal(127, Learn(box, ["--force"], "/no/such").Status);
        Assert.Equal(125, box.Start([Sandbox.Sandgate, "learn", "--", "touch", "made"]).Status);
        Assert.Equal(125, box.Start([Sandbox.Sandgate, "learn", "-o", "x.json", "--families", "opne", "--", "touch", "made"]).Status);
        Assert.Equal(2, box.Start([Sandbox.Sandgate, "learn", "-o", "x.json", "--from", "none.jsonl"]).Status);
        Assert.False(File.Exists(box.PathOf("made")) || File.Exists(box.PathOf("x.json")));
    }

    private static Result Learn(Sandbox box, string[] options, params string[] command) => box.Start([Sandbox.Sandgate, "learn", "-o", "learnt.json", .. options, "--", .. command]);

    /// <summary>A home with a key in it; each run has a project of its own there, under a name that no other has.</summary>
    private sealed class House : IDisposable
    {
        private readonly Job _job;
        private int _runs;

        public House(Job job)
        {
            _job = job;
            Home = Directory.CreateDirectory($"/var/tmp/sandgate-home-{Path.GetRandomFileName()}").FullName;
            Directory.CreateDirectory(Path.Combine(Home, ".ssh"));
            File.WriteAllText(Path.Combine(Home, ".ssh/id_ed25519"), "KEY\n");
            Box.Variables["HOME"] = Home;
            foreach (string variable in (string[])["XDG_CONFIG_HOME", "XDG_CACHE_HOME", "TMPDIR", "npm_config_cache"])
                Box.Variables[variable] = null;
            Box.Variables["NO_UPDATE_NOTIFIER"] = Box.Variables["PYTHONDONTWRITEBYTECODE"] = "1";
            using TcpListener free = new(IPAddress.Loopback, 0);
            free.Start();
            Box.Variables["PORT"] = ((IPEndPoint)free.LocalEndpoint).Port.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }

        public Sandbox Box { get; } = new() { Patience = TimeSpan.FromMinutes(3) };

        public string Home { get; }

        public string Config => Box.PathOf("learnt.json");

        public Result Play(params string[] gate)
        {
            string project = Path.Combine(Home, $"project-{++_runs}");
            Directory.CreateDirectory(project);
            File.WriteAllText(Path.Combine(project, "work.sh"), _job.Work + Canaries);
            Result made = Box.Start(["env", "-C", project, "bash", "-ec", "rm -rf ~/.npm ~/outside\n" + _job.SetUp]);
            Assert.True(made.Status == 0, made.ToString());
            string[] inside = gate.Length == 0 ? [] : [Sandbox.Sandgate, .. gate, "--"];
            return Box.Start(["env", "-C", project, .. inside, "bash", "work.sh", Box.Variables["PORT"]!]);
        }

        public void Dispose()
        {
            Box.Dispose();
            using System.Diagnostics.Process remove = System.Diagnostics.Process.Start("rm", ["-rf", Home]);
            remove.WaitForExit();
        }
    }
}
