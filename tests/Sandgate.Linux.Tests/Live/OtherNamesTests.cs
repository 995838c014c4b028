namespace Sandgate.Linux.Tests.Live;

/// <summary>
/// Every way to give a file another name: natively each leads to the secret, under a rule against the secret's name none
/// does. Everything runs in a mount namespace of its own, so that no mount outlives its test.
/// </summary>
public class OtherNamesTests
{
    private const string Rule = "open ('{here}/s/*') = not_allow";
    private const string Private = "exec unshare -m --propagation private bash -c \"$@\"";

    private static Sandbox World()
    {
        Sandbox box = new();
        Directory.CreateDirectory(box.PathOf("s/deep"));
        Directory.CreateDirectory(box.PathOf("d"));
        Directory.CreateDirectory(box.PathOf("m"));
        box.Write("s/key", "SECRET\n");
        box.Write("s/deep/key", "SECRET\n");
        box.Write("f", "free\n");
        box.Write("d/g", "free\n");
        File.SetUnixFileMode(box.Directory, (UnixFileMode)0x1ff);
        foreach (string directory in (string[])["s", "s/deep", "d", "m"])
            File.SetUnixFileMode(box.PathOf(directory), (UnixFileMode)0x1ff);
        foreach (string file in (string[])["s/key", "s/deep/key", "f", "d/g"])
            File.SetUnixFileMode(box.PathOf(file), (UnixFileMode)0x1b6);
        return box;
    }

    private static Result Natively(string script)
    {
        using Sandbox box = World();
        return box.Shell(Private, script);
    }

    private static Result Inside(string script, params string[] options)
    {
        using Sandbox box = World();
        string rule = Rule.Replace("{here}", box.Directory, StringComparison.Ordinal);
        string command = string.Join(' ', ((string[])["-e", rule, .. options]).Select(o => $"'{o.Replace("'", "'\\''", StringComparison.Ordinal)}'"));
        return box.Shell(Private, $"\"$SANDGATE\" run {command} -- bash -c \"$1\"", "bash", script);
    }

    [Theory]
    [InlineData("mv s/key k; cat k")]
    [InlineData("\"$VICTIM\" renameat2 s/key f 2; cat f")]
    [InlineData("\"$VICTIM\" renameat2 f s/key 2; cat f")]
    [InlineData("ln s/key k; cat k")]
    [InlineData("ln -s s/key l; ln -L l k; cat k")]
    [InlineData("mv s t; cat t/key")]
    [InlineData("mv s/deep e; cat e/key")]
    [InlineData("\"$VICTIM\" renameat2 s d 2; cat d/key")]
    [InlineData("\"$VICTIM\" renameat2 d s 2; cat d/key")]
    [InlineData("cd /; mv \"$OLDPWD\" \"$OLDPWD.away\"; cat \"$OLDPWD.away/s/key\"; mv \"$OLDPWD.away\" \"$OLDPWD\"")]
    [InlineData("mount --bind s m; cat m/key")]
    [InlineData("mount --bind s/key f; cat f")]
    [InlineData("mount --rbind . m; cat m/s/key")]
    [InlineData("mount --bind s s && mount --move s m; cat m/key")]
    [InlineData("mount -t overlay none -o lowerdir=s:d m; cat m/key")]
    [InlineData("mount -t tmpfs none m && mkdir m/up m/work m/o && mount -t overlay none -o lowerdir=s,upperdir=m/up,workdir=m/work m/o; cat m/o/key")]
    [InlineData("unshare -m bash -c 'mount --bind s m; cat m/key'")]
    [InlineData("unshare -m bash -c 'mount --bind s m && mkdir m/old && cd m && pivot_root . old && echo key | while read n; do while read l; do echo \"$l\"; done < /$n; done'")]
    public void Another_name_frees_nothing_for_root(string script)
    {
        Result native = Natively(script);
        Assert.True(native.Out.Contains("SECRET", StringComparison.Ordinal), $"proves nothing: {native}");
        Result inside = Inside(script);
        Assert.DoesNotContain("SECRET", inside.Out);
        Assert.Contains(inside.Denials, d => d.Contains("other_names", StringComparison.Ordinal));
    }

    // The supervisor, too, is an ordinary user's.
    private const string AsUser = "cp \"$SANDGATE\" \"$VICTIM\" . && chmod 755 sandgate victim && export SANDGATE=./sandgate VICTIM=./victim && exec setpriv --reuid 4242 --regid 4242 --clear-groups bash -c \"$@\"";

    [Theory]
    [InlineData("mv s/key k; cat k")]
    [InlineData("ln s/key k; cat k")]
    [InlineData("mv s t; cat t/key")]
    [InlineData("unshare -rm bash -c 'mount --bind s m; cat m/key'")]
    [InlineData("unshare -rm bash -c 'mount --bind s m; mv m/key k; cat k m/key'")]
    [InlineData("unshare -rm bash -c 'mount -t overlay none -o lowerdir=s:d m; cat m/key'")]
    [InlineData("unshare -rm bash -c 'mount --bind s s && cd s && umount -l . && cat key'")]
    public void Another_name_frees_nothing_for_an_ordinary_user(string script)
    {
        using Sandbox native = World(), box = World();
        foreach (string name in (string[])["s/key", "s/deep/key", "f", "d/g", "s", "s/deep", "d", "m"])
        {
            Assert.Equal(0, native.Start(["chown", "4242:4242", name]).Status);
            Assert.Equal(0, box.Start(["chown", "4242:4242", name]).Status);
        }

        Result free = native.Shell(AsUser, script);
        Assert.True(free.Out.Contains("SECRET", StringComparison.Ordinal), $"proves nothing: {free}");
        Result inside = box.Shell(AsUser, $"\"$SANDGATE\" run -e '{Rule.Replace("{here}", box.Directory, StringComparison.Ordinal)}' -- bash -c \"$1\"", "bash", script);
        Assert.DoesNotContain("SECRET", inside.Out);
        Assert.Contains(inside.Said, l => l.StartsWith("denied ", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("fsopen tmpfs 0")]
    [InlineData("open_tree s 1")]
    [InlineData("move_mount s m")]
    public void The_new_way_to_mount_is_missing_and_it_is_said(string call)
    {
        Result inside = Inside($"\"$VICTIM\" {call}");
        Assert.EndsWith(" = ENOSYS\n", inside.Out);
        Assert.Contains("other_names", Assert.Single(inside.Denials));
    }

    [Theory]
    [InlineData("mkdir p && mount -t proc proc p && ls p > list && head -c 1 list")]
    [InlineData("mount --rbind /proc m && ls m > list && head -c 1 list")]
    public void Proc_keeps_its_name(string script)
    {
        Assert.Equal("1", Natively(script).Out);
        Result inside = Inside(script);
        Assert.Equal("", inside.Out);
        Assert.Contains("/proc is known by its name", Assert.Single(inside.Denials));
    }

    [Theory]
    [InlineData("mv f d/f && mv d e && mv e d && cat d/f d/g && mv s/key s/other && ln f h && cat h")]
    [InlineData("mount -t tmpfs -o size=1m none m && echo x > m/x && cat m/x && findmnt -no FSTYPE,OPTIONS m | grep -o 'tmpfs.*size=1024k'")]
    [InlineData("mount --bind d m && cat m/g && umount m && ls m")]
    [InlineData("mount --bind d m && mount -o remount,bind,ro m && ! touch m/x 2> /dev/null && mount --make-rprivate / && echo ok")]
    [InlineData("mv nothing x; ln nothing y; mount --bind nothing m; mount --bind d nothing; echo done")]
    [InlineData("chroot / echo ok; unshare -n echo ok; unshare -u echo ok")]
    public void What_frees_nothing_works(string script)
    {
        Result native = Natively(script), inside = Inside(script);
        Assert.Equal((native.Status, native.Out), (inside.Status, inside.Out));
        Assert.Empty(inside.Denials);
    }

    [Theory]
    [InlineData("mv f s/f")]
    [InlineData("ln f s/f")]
    public void Where_no_file_may_be_written_none_is_put(string script)
    {
        Assert.Equal(0, Natively(script).Status);
        Result inside = Inside(script);
        Assert.NotEqual(0, inside.Status);
        Assert.Contains(inside.Denials, d => d.Contains("other_names", StringComparison.Ordinal));
    }

    [Fact]
    public void Lifted_it_is_lifted()
    {
        using Sandbox box = World();
        string config = box.Write("rules.json", """{ "floor": { "other_names": false }, "rules": { "open": { "('./s/*')": "not_allow" } } }""");
        Assert.Equal("SECRET\n", box.Run(["-c", config], "bash", "-c", "mv s/key k; cat k").Out);
    }

    // One thread renames a directory to and fro while another tries to smuggle the secret into it: by luck, the listed directory is moved
    // after the secret came, and its new name is free.
    [Fact]
    public void What_comes_while_a_directory_moves_stays_refused()
    {
        using Sandbox box = World();
        Directory.CreateDirectory(box.PathOf("xs"));
        string config = box.Write("rules.json", """{ "rule_table": [ { "on": ["open"], "when": "path ~ '/(s|xs)/key$'", "action": "not_allow" } ] }""");
        const string Race = """
            import os, threading, time
            end = time.time() + 6
            won = moves = links = 0
            def smuggle():
                global links
                while time.time() < end:
                    try: os.link("s/key", "xs/key"); links += 1
                    except OSError: pass
                    try: os.unlink("xs/key")
                    except OSError: pass
            threads = [threading.Thread(target=smuggle) for _ in range(2)]
            [t.start() for t in threads]
            while time.time() < end:
                try: os.rename("xs", "y")
                except OSError: continue
                moves += 1
                try: won += "SECRET" in open("y/key").read()
                except OSError: pass
                try: os.unlink("y/key")
                except OSError: pass
                os.rename("y", "xs")
            [t.join() for t in threads]
            print(won, moves > 5, links > 5)
            """;
        Result result = box.Run(["-q", "-c", config], "python3", "-c", Race);
        Assert.True(result.Out == "0 True True\n", result.ToString());
    }

    [Theory]
    [InlineData("git init -q r && cd r && git config user.email a@b && git config user.name n && for i in 1 2 3; do echo $i > f && git add f && git commit -qm $i; done && git gc -q && git branch x && git mv f g && git commit -qm moved && git log --oneline | wc -l && git status -s")]
    [InlineData("mkdir -p nm/.p-x/lib && echo 1 > nm/.p-x/lib/i && mv nm/.p-x nm/p && cat nm/p/lib/i && mv nm/p nm/.p-old && rm -r nm/.p-old && ls -A nm")]
    [InlineData("python3 -c 'import os\nfor i in range(50):\n  open(\"t.tmp\",\"w\").write(str(i)); os.replace(\"t.tmp\",\"t\")\nprint(open(\"t\").read())'")]
    [InlineData("mkdir tree tree/a && echo 1 > tree/a/f && cp -al tree copy && stat -c %h copy/a/f && tar cf t.tar tree && mkdir out && tar xf t.tar -C out && cat out/tree/a/f")]
    [InlineData("mkdir -p p/DEBIAN p/opt && printf 'Package: p\nVersion: 1\nArchitecture: all\nMaintainer: a <a@b>\nDescription: d\n' > p/DEBIAN/control && echo hi > p/opt/hi && dpkg-deb -b p p.deb > log && dpkg-deb -x p.deb x && cat x/opt/hi")]
    public void Honest_programs_notice_nothing(string script)
    {
        using Sandbox native = new(), box = new();
        native.Variables["HOME"] = native.Directory;
        box.Variables["HOME"] = box.Directory;
        Result outside = native.Shell(script), inside = box.Run(["-p", "no-secrets"], "bash", "-c", script);
        Assert.Equal((0, outside.Out), (outside.Status, inside.Out));
        Assert.True(inside.Status == 0 && inside.Denials.Length == 0, inside.ToString());
    }
}
