namespace Sandgate.Linux.Tests.Live;

/// <summary>Ways round a profile that were found by people who looked for them: each does harm natively, and none under the profile.</summary>
[Collection(nameof(Alone))]
public class ProfileAttackTests
{
    [Theory]
    [InlineData("no-exec")]
    [InlineData("media")]
    [InlineData("pdf")]
    [InlineData("archive")]
    [InlineData("git")]
    [InlineData("strict")]
    public void No_program_is_taken_for_Sandgate_by_its_name(string profile)
    {
        using House house = new("cp /usr/bin/perl sandgate");
        const string Attack = "@ ./sandgate -e 'exec {\"/bin/echo\"} \"echo\", \"owned\"'";
        Assert.Equal("owned\n", house.Do(Attack).Out);
        Result held = house.Do(Attack, profile);
        Assert.True(held.Out.Length == 0 && held.Denials is [.., var last] && last.StartsWith("denied exec('/bin/echo'", StringComparison.Ordinal), held.ToString());
    }

    [Fact]
    public void No_program_takes_the_name_while_it_runs()
    {
        using House house = new("cp /usr/bin/perl first");
        const string Attack = "@ ./first -e 'rename \"first\", \"sandgate\"; exec {\"/bin/echo\"} \"echo\", \"owned\"'";
        Result held = house.Do(Attack, "no-exec");
        Assert.True(held.Out.Length == 0 && held.Denials is [_], held.ToString());
        Assert.Equal("sandgate\n", house.Do("ls").Out);
    }

    // The program is perl throughout: one process, which runs nothing else. It may end before its work is done, without a word.
    [Theory]

    // A repository's own configuration, by which ssh, that may read keys, loads a library.
    [InlineData("git", "bash fetch.sh @ git -C theirs fetch -q ssh://127.0.0.1/it", "cat loot",
        """
        git init -q theirs
        printf '#include <stdlib.h>\nint C_GetFunctionList(void *l) { return 1; }\n__attribute__((constructor)) static void load(void) { unsetenv("LD_PRELOAD"); FILE *f = fopen(HOME "/.ssh/id_ed25519", "r"), *t = fopen(HERE "/loot", "w"); if (f && t) { char b[99]; if (fgets(b, 99, f)) fputs(b, t); } exit(1); }\n' > evil.c
        gcc -include stdio.h -shared -fPIC -DHOME="\"$HOME\"" -DHERE="\"$PWD\"" -o evil.so evil.c
        cat > fetch.sh <<'END'
        /usr/bin/python3 -c 'import socket, sys; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1], flush=True); s.settimeout(20); c = s.accept()[0]; c.sendall(b"SSH-2.0-x\r\n"); c.recv(9); c.recv(9999)' > port &
        until [ -s port ]; do sleep 0.05; done
        git -C theirs config core.sshCommand "ssh -p $(cat port) -oPKCS11Provider=$PWD/evil.so"
        "$@" 2>&1 || true
        kill $!
        END
        """)]

    // Where ~/.local isn't there yet, something else takes its place.
    [InlineData("no-persistence", "@ /usr/bin/perl -e 'symlink(\"$ENV{HOME}/else\", \"$ENV{HOME}/.local\"); open(F, \">\", \"$ENV{HOME}/else/bin/ls\"); print F \"owned\"'", "cat ~/.local/bin/ls", "mkdir -p ~/else/bin")]
    [InlineData("no-persistence", "@ /usr/bin/perl -e 'open(F, \">\", \"$ENV{HOME}/.bash_completion\"); print F \"owned\"'", "cat ~/.bash_completion", "true")]

    // A link that may be where it is made leads out where it is moved to, or has a second name.
    [InlineData("archive", "@ /usr/bin/perl -e 'symlink(\"../../out\", \"a/b/l\"); link(\"a/b/l\", \"l\")'", "readlink l", "mkdir -p a/b")]
    [InlineData("archive", "@ /usr/bin/perl -e 'symlink(\"../../out\", \"a/b/l\"); rename(\"a/b/l\", \"l\")'", "readlink l", "mkdir -p a/b")]

    // mknod(2) makes plain files, too.
    [InlineData("archive", "@ /usr/bin/perl -e '$f = \"made\"; syscall(133, $f, 0106755, 0)'", "find . -perm /6000", "true")]

    // A submodule's hooks, and a repository's place.
    [InlineData("ai-agent", "@ /usr/bin/perl -e 'open(F, \">\", \".git/modules/lib/hooks/post-checkout\"); print F \"owned\"'", "cat .git/modules/lib/hooks/*", "mkdir -p .git/modules/lib/hooks")]
    [InlineData("ai-agent", "@ /usr/bin/perl -e 'rename(\"evil\", \".git/modules/vendor/lib\")'", "cat .git/modules/vendor/lib/hooks/*", "mkdir -p .git/modules/vendor evil/hooks; echo owned > evil/hooks/x")]
    [InlineData("ai-agent", "@ /usr/bin/perl -e 'open(F, \">\", \"lib/.git\"); print F \"gitdir: ../evil\"'", "cat lib/.git", "mkdir lib")]

    // An agent's socket.
    [InlineData("no-secrets", "bash agent.sh @ /usr/bin/perl -MSocket -e 'socket(S, PF_UNIX, SOCK_STREAM, 0); connect(S, pack_sockaddr_un(\"$ENV{HOME}/.ssh/agent/s.x.agent.y\")) and open(F, \">\", \"reached\")'", "ls reached",
        """
        mkdir -p ~/.ssh/agent
        cat > agent.sh <<'END'
        /usr/bin/python3 -c 'import os, socket, time; s = socket.socket(socket.AF_UNIX); s.bind(os.environ["HOME"] + "/.ssh/agent/s.x.agent.y"); s.listen(); open("ready", "w"); time.sleep(20)' &
        until [ -e ready ]; do sleep 0.05; done
        "$@"
        kill $!
        END
        """)]
    public void What_does_harm_natively_does_none_here(string profile, string attack, string damage, string setUp)
    {
        using (House native = new(setUp))
        {
            Result free = native.Do(attack);
            Assert.True(native.Do(damage).Out.Length > 0, $"natively nothing happened: {free}");
        }

        using House house = new(setUp);
        Result held = house.Do(attack, profile);
        Assert.True(house.Do(damage).Out.Length == 0 && held.ToString().Contains("denied ", StringComparison.Ordinal), held.ToString());
    }
}
