using System.Diagnostics;

namespace Sandgate.Linux.Tests.Live;

/// <summary>The action "kill" ends all that the program is. Not beside other tests: these watch the clock.</summary>
[Collection(nameof(Alone))]
public class KillTests
{
    [Theory]
    [InlineData("setsid sleep 777.$MARK & setsid bash -c 'sleep 777.$MARK & sleep 777.$MARK' & sleep 777.$MARK & sleep 0.3; mkdir forbidden; echo alive")]
    [InlineData("(trap '' TERM INT HUP; exec -a \"sleep 777.$MARK\" \"$VICTIM\" ignore-term 60) & sleep 0.3; (setsid mkdir forbidden); sleep 777.$MARK; echo alive")]
    [InlineData("(exec -a \"777.$MARK\" \"$VICTIM\" fork-bomb 100) & sleep 0.2; mkdir forbidden; echo alive")]
    [InlineData("(exec -a \"777.$MARK\" \"$VICTIM\" hammer 60 4 /etc/passwd) & sleep 0.2; mkdir forbidden; echo alive")]
    public void Nothing_is_left_running(string script)
    {
        using Sandbox box = new();
        string mark = Guid.NewGuid().ToString("N");
        box.Variables["MARK"] = mark;
        box.Write("tree.sh", script);
        Result killed = box.Run(["-e", "mkdir ('./forbidden') = kill", "-e", "open ('/nowhere') = not_allow"], "bash", "tree.sh");
        Assert.Equal(137, killed.Status);
        Assert.DoesNotContain("alive", killed.Out);
        Assert.False(Directory.Exists(box.PathOf("forbidden")));
        Assert.Contains(killed.Said, l => l.Contains("mkdir('forbidden'", StringComparison.Ordinal) && l.Contains("by rule mkdir ('./forbidden')", StringComparison.Ordinal));
        Assert.DoesNotContain(Process.GetProcesses(), p => CommandLineOf(p.Id).Contains(mark, StringComparison.Ordinal));
    }

    private static string CommandLineOf(int process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/environ") + File.ReadAllText($"/proc/{process}/cmdline");
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    [Fact]
    public void The_first_program_can_be_the_one()
    {
        using Sandbox box = new();
        Result killed = box.Run(["-e", "exec ('*/victim') = kill"], Sandbox.Victim, "exit", "0");
        Assert.True(killed.Status is 126 or 137, killed.ToString());
        Assert.Contains("exec(", Assert.Single(killed.Said));
    }

    [Fact]
    public void A_call_that_is_logged_goes_on_and_one_that_is_refused_has_its_errno()
    {
        using Sandbox box = new();
        box.Write("rules.json", """
            { "rule_table": [
              { "on": ["open"], "when": "path like '/etc/*'", "action": "log" },
              { "on": ["open"], "when": "path == '/etc/passwd'", "action": "not_allow", "errno": "ENOENT", "name": "none there" },
              { "on": ["mkdir"], "action": "not_allow", "errno": 4095 } ] }
            """);
        Result logged = box.Run(["-c", "rules.json"], Sandbox.Victim, "open", "/etc/group");
        Assert.Equal("open = 3\n", logged.Out);
        Assert.Contains("open('/etc/group', 'r')", Assert.Single(logged.Said));
        Result refused = box.Run(["-c", "rules.json"], Sandbox.Victim, "open", "/etc/passwd");
        Assert.Equal("open = ENOENT\n", refused.Out);
        Assert.Contains("\"none there\"", Assert.Single(refused.Denials));
        Assert.Equal("mkdir = errno 4095\n", box.Run(["-c", "rules.json"], Sandbox.Victim, "mkdir", "d").Out);
    }

    [Fact]
    public void A_child_whose_supervisor_died_before_it_was_to_die_with_it_never_becomes_the_program()
    {
        using Sandbox box = new();

        // Each one's first prctl waits: the supervisor's own, and then the child's, which is the one that ties it to the supervisor.
        Result killed = box.Shell("""
            strace -f -o trace -e trace=prctl,execve -e inject=prctl:delay_enter=700000:when=1 "$SANDGATE" run -- touch ran & tracer=$!
            children() { cat /proc/$1/task/*/children 2> /dev/null; }
            for i in $(seq 500); do
              supervisor=$(children $tracer); supervisor=${supervisor%% *}
              [ -n "$supervisor" ] && [ -n "$(children $supervisor)" ] && { kill -KILL $supervisor; echo killed; break; }
              sleep 0.01
            done
            wait $tracer 2> /dev/null
            child=$(sed -n 's/^\([0-9]*\) *prctl(PR_SET_PDEATHSIG.*/\1/p' trace)
            grep "^$child " trace | grep -o -e '= 0 (DELAYED)' -e 'execve' -e 'exited with .*[0-9]'
            [ ! -e ran ] || echo ran
            """);
        Assert.Equal("killed\n= 0 (DELAYED)\nexited with 127\n", killed.Out);
    }
}
