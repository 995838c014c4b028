namespace Sandgate.Linux.Tests.Live;

/// <summary>
/// Programs that an ordinary user may execute but not read: the supervisor can't know beforehand what they are. They run all the same, and nothing runs by
/// way of them that rules refuse.
/// </summary>
public class ClosedProgramTests
{
    // "secret" ends with 5 by its first call, "spin" never makes one.
    private const string Made = """
        set -e
        printf 'void _start(void) { __asm__ volatile("syscall" :: "a"(231), "D"(5)); }' > secret.c
        printf 'void _start(void) { for (;;) __asm__ volatile("pause"); }' > spin.c
        echo 'int main(void) { return 0; }' > empty.c
        gcc -O2 -static -nostdlib -o secret secret.c; gcc -O2 -static -nostdlib -o spin spin.c
        gcc -o loads -Wl,--dynamic-linker="$PWD/secret" empty.c
        printf '#!%s/secret\n' "$PWD" > script; chmod 755 script
        cp /bin/sleep /bin/cat /bin/bash .; echo hello > f; echo other > g
        for i in sleep cat bash spin loads script; do cp $i closed-$i; chmod 0111 closed-$i; done
        cp "$SANDGATE" "$VICTIM" .; chown -R 4250:4250 .
        """;

    private const string AsUser = "export SANDGATE=./sandgate VICTIM=./victim; exec setpriv --reuid 4250 --regid 4250 --clear-groups -- bash -c \"$1\"";

    private static Result Run(string script)
    {
        using Sandbox box = new();
        Result made = box.Shell(Made);
        Assert.True(made.Status == 0, made.ToString());
        return box.Shell(AsUser, script);
    }

    [Theory]
    [InlineData("./closed-cat f; ./closed-cat g; echo $?", "hello\nother\n0\n")]
    [InlineData("./closed-bash -c 'exec -a other ./closed-cat f'", "hello\n")]
    [InlineData("./closed-sleep 5 & sleep 0.2; kill $!; wait $!; echo $?", "143\n")]
    [InlineData("./closed-loads; echo $?; ./closed-script; echo $?", "5\n5\n")]
    [InlineData("./closed-cat /proc/self/comm; ./closed-cat < f; echo $$ | ./closed-cat | grep -c .", "closed-cat\nhello\n1\n")]
    [InlineData("./closed-sleep 9 & a=$!; sleep 0.3; kill -STOP $a; sleep 0.1; grep State /proc/$a/status; kill -CONT $a; sleep 0.1; grep State /proc/$a/status; kill $a", "State:\tT (stopped)\nState:\tS (sleeping)\n")]
    [InlineData("./closed-spin & a=$!; sleep 0.2; kill -STOP $a; sleep 0.1; kill -CONT $a; kill $a; wait $a; echo $?", "143\n")]
    public void They_run_as_they_do_alone(string script, string said)
    {
        Assert.Equal(said, Run(script).Out);
        foreach (string more in (string[])["", "-e \"exec ('/nowhere') = not_allow\""])
            Assert.Equal(said, Run($"./sandgate run -e \"open ('/nowhere') = not_allow\" {more} -- bash -c '{script.Replace("'", "'\\''", StringComparison.Ordinal)}'").Out);
    }

    [Theory]
    [InlineData("exec ('*/secret') = not_allow", "./closed-script", "killed the program", "/secret")]
    [InlineData("exec ('*/secret') = not_allow", "./closed-loads", "killed the program", "closed-loads with ")]
    [InlineData("exec ('*/closed-cat') = not_allow", "./closed-cat f", "denied exec", "closed-cat")]
    [InlineData("exec (*, *, 'g') = not_allow", "./closed-cat g", "denied exec", "'g'")]
    [InlineData("open ('./g') = not_allow", "./closed-cat g", "denied open", "/g")]
    public void Nothing_runs_by_way_of_them_that_rules_refuse(string rule, string command, params string[] why)
    {
        Result inside = Run($"./sandgate run -e \"{rule}\" -e \"exec ('/nowhere') = not_allow\" -- bash -c '{command}; echo through $?'");
        Assert.DoesNotContain("through 5", inside.Out);
        Assert.DoesNotContain("through 0", inside.Out);
        Assert.All(why, word => Assert.Contains(word, inside.Err));
    }

    [Fact]
    public void Others_can_not_look_into_them()
    {
        const string Script = "./closed-sleep 9 & a=$!; sleep 0.3; ./victim ptrace-attach $a; cat /proc/$a/mem; cat /proc/$a/environ; readlink /proc/$a/exe; kill $a";
        Result native = Run(Script), inside = Run($"./sandgate run -q -e \"exec ('/nowhere') = not_allow\" -e \"open ('/nowhere') = not_allow\" -e \"readlink ('/nowhere') = not_allow\" -- bash -c '{Script}'");
        Assert.Equal(native.Out, inside.Out);
        Assert.DoesNotContain("= 0", native.Out);
    }

    [Fact]
    public void Those_that_never_call_the_kernel_hold_up_nobody()
    {
        Result inside = Run("""
            ./sandgate run -e "exec ('/nowhere') = not_allow" -e "open ('/nowhere') = not_allow" -- bash -c '
              for i in $(seq 48); do nice -n 19 ./closed-spin & done
              sleep 1; timeout 20 /bin/cat f && timeout 20 ./closed-cat g; kill $(jobs -p)'
            """);
        Assert.Equal("hello\nother\n", inside.Out);
    }
}
