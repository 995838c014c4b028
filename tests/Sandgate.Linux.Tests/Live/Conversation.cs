namespace Sandgate.Linux.Tests.Live;

/// <summary>Commands that somebody sits in front of: expect(1) types for them.</summary>
internal static class Conversation
{
    // `want TEXT` waits for it; `over` waits for the end and hands the exit status on.
    private const string Prelude = """
        set timeout 20
        set stty_init "rows 40 columns 500"
        proc want {text} {
          expect {
            -ex $text {}
            timeout { puts "\nIN VAIN: $text"; exit 201 }
            eof { puts "\nENDED BEFORE: $text"; exit 202 }
          }
        }
        proc answer {text} { want "> "; send -- "$text\r" }
        proc over {} {
          expect { eof {} timeout { puts "\nNO END"; exit 203 } }
          lassign [wait] pid id error status
          exit $status
        }

        """;

    /// <summary>Runs a script of expect, which has $env(SANDGATE) and $env(VICTIM).</summary>
    public static Result Talk(this Sandbox box, string script) => box.Start(["expect", "-c", Prelude + script + "\nover\n"]);
}
