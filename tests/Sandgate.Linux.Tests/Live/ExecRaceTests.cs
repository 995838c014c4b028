using System.Diagnostics;

namespace Sandgate.Linux.Tests.Live;

/// <summary>What is judged is what runs: programs that change what an exec or chdir means after it was judged.</summary>
public class ExecRaceTests
{
    // A static program without a C library, so that the kernel can load it in a dynamic loader's place, too. Status 5.
    private const string Secret = """
        void _start(void) { __asm__ volatile("syscall" :: "a"(231), "D"(5)); }
        """;

    private const string Rules = """
        { "rules": {
            "exec": {
              "('*/false')": "not_allow", "('*/bad')": "not_allow", "('*/bd/prog')": "not_allow", "('*/secret')": "not_allow", "(*, *, '-c', 'exit 7')": "not_allow",
              "when path like '*/content' and sha256 != HASH": "not_allow"
            },
            "chdir": { "('./bd')": "not_allow" } } }
        """;

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    private static Sandbox NewBox()
    {
        Sandbox box = new();
        box.Write("secret.c", Secret);
        box.Write("empty.c", "int main(void) { return 0; }");
        Result made = box.Shell("""
            set -e; mkdir gd bd; cp /bin/true gd/prog; cp /bin/false bd/prog; cp /bin/true good; cp /bin/false bad; cp /bin/true ./true; cp /bin/false ./false
            truncate -s 100000 good bad; cp good content; printf '#!/bin/true\n' > sgood; printf '#!/bin/false\n' > sbad; chmod +x sgood sbad
            gcc -O2 -static -nostdlib -o secret secret.c; gcc -o plain empty.c; gcc -o loads -Wl,--dynamic-linker="$PWD/secret" empty.c
            """);
        Assert.True(made.Status == 0, made.ToString());
        string hash = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(box.PathOf("good"))));
        box.Write("rules.json", Rules.Replace("HASH", hash, StringComparison.Ordinal));
        return box;
    }

    [Theory]
    [InlineData("race-exec-path", "/bin/true", "/bin/false", "200")]
    [InlineData("race-exec-argv", "/bin/sh", "200")]
    [InlineData("race-exec-link", "lnk", "./good", "./bad", "200")]
    [InlineData("race-exec-file", "f", "sgood", "sbad", "200")]
    [InlineData("race-exec-file", "f", "plain", "loads", "200")]
    [InlineData("race-exec-fd", "good", "bad", "200")]
    [InlineData("race-exec-dirfd", "gd", "bd", "200")]
    [InlineData("race-exec-content", "content", "good", "bad", "300")]
    [InlineData("race-chdir", "./gd", "./bd", "20000")]
    [InlineData("race-fchdir", "./gd", "./bd", "20000")]
    public void What_is_changed_after_the_verdict_never_runs(params string[] race)
    {
        using Sandbox box = NewBox();
        string[] arguments = race[0] is "race-chdir" or "race-fchdir" ? [race[0], box.PathOf("gd"), box.PathOf("bd"), race[3]] : race;

        // How often threads meet, and how often between the verdict and the execve, depends on what else the machine does.
        Stopwatch patience = Stopwatch.StartNew();
        Result native = box.Native(arguments);
        while (!native.Out.Contains("leaked", StringComparison.Ordinal) && patience.Elapsed < s_patience)
            native = box.Native(arguments);
        Assert.True(native.Out.Contains("leaked", StringComparison.Ordinal), native.ToString());
        bool caught = false;
        for (patience.Restart(); !caught && patience.Elapsed < s_patience;)
        {
            Assert.Equal(0, box.Shell("rm -f lnk f; cp good content").Status);
            Result inside = box.Run(["-c", "rules.json"], [Sandbox.Victim, .. arguments]);
            Assert.False(inside.Out.Contains("leaked", StringComparison.Ordinal), inside.ToString());
            caught = inside.Said.Any(l => l.StartsWith("killed the program: ", StringComparison.Ordinal));
            Assert.Equal(caught ? 137 : 0, inside.Status);
        }

        Assert.True(caught, "no try was between the verdict and the execve");
    }

    [Fact]
    public void What_the_kernel_or_a_loader_runs_in_a_programs_place_is_judged_too()
    {
        using Sandbox box = NewBox();
        box.Write("nested", "#! ./sbad\n");
        const string Script = """
            chmod +x nested
            try() { "$@" 2> /dev/null; echo $?; }
            try ./sbad; try ./sgood; try ./nested; try ./loads; try ./plain
            try /lib64/ld-linux-x86-64.so.2 ./bad; try /lib64/ld-linux-x86-64.so.2 --argv0 x --library-path /nowhere ./good
            try /lib64/ld-linux-x86-64.so.2 --library-path /nowhere /bin/false
            """;
        Assert.Equal("1\n0\n1\n5\n0\n1\n0\n1\n", box.Shell(Script.Replace("--library-path /nowhere ", "", StringComparison.Ordinal)).Out);
        Result inside = box.Run(["-q", "-c", "rules.json"], "bash", "-c", Script.Replace("--library-path /nowhere ", "--inhibit-rpath x ", StringComparison.Ordinal));
        Assert.Equal("126\n0\n126\n126\n0\n126\n0\n126\n", inside.Out);
        foreach (string[] command in (string[][])[["./sbad"], ["./loads"], ["/lib64/ld-linux-x86-64.so.2", "./bad"]])
            Assert.Equal(126, box.Run(["-c", "rules.json"], command).Status);
    }

    [Fact]
    public void A_program_in_no_file_is_judged_by_what_it_is_called()
    {
        using Sandbox box = NewBox();
        Assert.Equal(0, box.Native("memfd-exec", "/bin/true").Status);
        Result inside = box.Under("exec when not (path like '/usr/*' or path like '*/victim') = not_allow", "memfd-exec", "/bin/true");
        Assert.Equal("memfd-exec = EACCES\n", inside.Out);
    }

    [Fact]
    public void A_file_that_was_replaced_is_judged_anew_and_not_killed_for_it()
    {
        // Both are allowed: whoever replaces a program while it is started does no harm.
        using Sandbox box = NewBox();
        for (int run = 0; run < 5; run++)
        {
            Result inside = box.Run(["-c", "rules.json"], "bash", "-c", "for i in $(seq 60); do cp good n; mv n f; cp plain n; mv n f; done & touch f; while kill -0 $! 2> /dev/null; do ./f || [ $? = 126 ] || exit 3; done; exit 0");
            Assert.True(inside.Status is 0, inside.ToString());
        }
    }

    [Fact]
    public void Threads_and_many_processes_execute_at_once()
    {
        using Sandbox box = NewBox();
        string[] options = ["-c", "rules.json"];
        Assert.Equal("hi\n", box.Run(options, Sandbox.Victim, "exec-in-thread", "/bin/echo", "hi").Out);
        for (int run = 0; run < 10; run++)
        {
            Result threads = box.Run(options, Sandbox.Victim, "exec-in-threads", "8", "/bin/echo", "hi");
            Assert.Equal(new Result(0, "hi\n", ""), threads);
        }

        Assert.Equal(new Result(0, "exec-many = 0 failed of 200\n", ""), box.Run(options, Sandbox.Victim, "exec-many", "200", "/bin/true"));
    }

    [Fact]
    public void Stops_signals_and_ends_are_what_they_were()
    {
        using Sandbox box = NewBox();
        const string Script = """
            sleep 30 & sleep 0.2; kill -STOP $!; sleep 0.2; grep -o 'State:.T' /proc/$!/status; kill -CONT $!; kill $!; wait $!; echo $?
            sh -c 'kill -KILL $$'; echo $?; (exec sh -c 'exit 3'); echo $?
            set -m; sh -c 'kill -STOP $$; echo on' & sleep 0.3; jobs | grep -c Stopped; fg > /dev/null
            "$VICTIM" vfork /bin/true
            for i in $(seq 30); do (sleep 0.00$((i % 7)); kill -KILL $BASHPID) & (exec /bin/true) & done 2> /dev/null; wait; echo end
            """;
        Result native = box.Shell(Script), inside = box.Run(["-c", "rules.json"], "bash", "-c", Script);
        Assert.Equal(native.Out, inside.Out);
        Assert.Equal(native.Status, inside.Status);
    }

    [Fact]
    public void What_fails_fails_as_it_would()
    {
        using Sandbox box = NewBox();
        const string Script = """
            cd "$(mktemp -d)"; printf x > noexec; printf 'garbage' > garbage; : > empty; printf '#!/nosuch\n' > s1; printf '#!\n' > s2; printf '#!   /bin/echo   a  b  \n' > s3
            printf '#!/bin/echo ' > s4; { printf '#!/bin/echo '; head -c 400 /dev/zero | tr '\0' x; echo; } > s6; { printf '#!/'; head -c 400 /dev/zero | tr '\0' x; echo; } > s7
            printf '#!./s9\n' > s9; printf '#!/bin/echo\0 x\n' > s11; printf '#!\t/bin/echo\tx y\n' > s12; printf '#! ./s3 q\n' > n1
            for i in 2 3 4 5 6 7; do printf "#!./n$((i-1)) $i\n" > n$i; done; mkdir dir; printf '#!dir\n' > s13; ln -s loop loop; ln -s s3 lnk; cp /bin/true busy; mkfifo fifo
            chmod +x garbage empty s* n? fifo
            for f in nosuch noexec garbage empty s1 s2 s3 s4 s6 s7 s9 s11 s12 s13 n2 n5 n6 n7 loop lnk dir fifo noexec/x ./ '' /dev/null; do
              echo "$f:"; "$VICTIM" exec "$f" A B; "$VICTIM" execveat "./$f" q
            done
            exec 9>> busy; "$VICTIM" exec ./busy; exec 9>&-; "$VICTIM" exec @bad; "$VICTIM" fexecve ./s3 x; "$VICTIM" exec-proc-fd ./s3 x; "$VICTIM" memfd-exec /bin/echo z
            "$VICTIM" exec /bin/echo "$(head -c 100000 /dev/zero)" | wc -c; cd /; rm -r "$OLDPWD"
            """;
        Result native = box.Shell(Script), inside = box.Run(["-e", "exec ('*/nothing') = not_allow"], "bash", "-c", Script);
        Assert.Equal(native.Out, inside.Out);
        Assert.Contains("exec = ELOOP", native.Out, StringComparison.Ordinal);
        Assert.Contains("exec = ETXTBSY", native.Out, StringComparison.Ordinal);
        Assert.Contains("exec = ENOEXEC", native.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void A_debugger_inside_is_told_why_it_can_execute_nothing()
    {
        using Sandbox box = NewBox();
        Result inside = box.Run(["-c", "rules.json"], "strace", "-f", "-o", "trace", "/bin/true");
        Assert.NotEqual(0, inside.Status);
        Assert.Contains(inside.Said, l => l.Contains("strace traces it", StringComparison.Ordinal) && l.StartsWith("refused exec('/bin/true'", StringComparison.Ordinal));
        Assert.Equal(0, box.Run(["-e", "open ('/etc/shadow') = not_allow"], "strace", "-f", "-o", "trace", "/bin/true").Status);
    }

    [Fact]
    public void Directories_change_as_they_would()
    {
        using Sandbox box = NewBox();
        const string Script = "cd gd; pwd -P; cd /nosuch; cd ..; pwd -P; cd /tmp; cd - > /dev/null; pwd -P; python3 -c 'import os; os.fchdir(os.open(\"gd\", os.O_RDONLY)); print(os.getcwd())'";
        Assert.Equal(box.Shell(Script).Out, box.Run(["-c", "rules.json"], "bash", "-c", Script).Out);
        Result inside = box.Run(["-q", "-c", "rules.json"], "bash", "-c", "cd bd || echo no; ln -s bd l; cd l || echo no; cd gd/../bd || echo no");
        Assert.Equal("no\nno\nno\n", inside.Out);
    }

    [Fact]
    public void Rules_on_exec_and_chdir_are_labelled_verified()
    {
        using Sandbox box = NewBox();
        Result check = box.Start([Sandbox.Sandgate, "check", "rules.json"]);
        Assert.Equal(6, check.Out.Split("verified").Length - 1);

        // A script's own bytes are read by its interpreter, later.
        Assert.Contains(check.Out.Split('\n'), l => l.Contains("sha256", StringComparison.Ordinal) && l.Contains("racy", StringComparison.Ordinal));
    }
}
