namespace Sandgate.Linux.Tests.Live;

/// <summary>Scripts that run sessions in the background and steer them, in a runtime directory of their own.</summary>
internal static class Steered
{
    private const string Prelude = """
        gate() { "$SANDGATE" run "$@" > out 2> err < /dev/null & gate=$!; for i in $(seq 1000); do socket=$(ls "$XDG_RUNTIME_DIR"/sandgate/*.sock 2> /dev/null) && session=$(basename "$socket" .sock) && return; sleep 0.02; done; echo "no socket"; cat err; kill $gate; exit 98; }
        await() { for i in $(seq 1000); do [ "$(grep -c -- "$2" "$1")" -ge "${3:-1}" ] && return; sleep 0.02; done; echo "in vain: $2 in $1"; head -c 3000 "$1" err; kill $gate; exit 99; }
        ended() { wait $gate; echo "status $?"; }
        ticks() { grep -c tick out; }

        """;

    /// <summary>A box with a runtime directory, a program that ticks, and one that tries to steer.</summary>
    public static Sandbox NewBox()
    {
        Sandbox box = new();
        Directory.CreateDirectory(box.PathOf("run"), (UnixFileMode)0x1c0);
        box.Variables["XDG_RUNTIME_DIR"] = box.PathOf("run");
        box.Variables["STEER"] = Path.Combine(AppContext.BaseDirectory, "Live", "Cases", "steer.py");
        box.Write("f", "hello\n");
        box.Write("ticker.sh", "while :; do echo tick; sleep 0.05; done");
        box.Write("opener.sh", "while :; do if : < f; then echo yes; else echo no; fi; sleep 0.05; done 2> /dev/null");
        return box;
    }

    /// <summary>Runs a script that has `gate OPTIONS -- PROGRAM`, `await FILE TEXT [TIMES]`, `ended` and `ticks`.</summary>
    public static Result Steer(this Sandbox box, string script) => box.Shell(Prelude + script);
}
