using System.CommandLine;
using Sandgate.Core.Doctor;

namespace Sandgate.Cli.Commands;

/// <summary><c>sandgate doctor</c>: what this machine offers, and whether the sandbox holds on it.</summary>
internal static class DoctorCommand
{
    private const string Summary = "Tries what this machine offers and whether the sandbox holds on it: sandgate doctor";

    private const string Description = $"""
        {Summary}

        Each mechanism is really tried in a throw-away process, and for what can't be had it is said why and what
        is done instead. Then canaries attempt forbidden things twice: without a sandbox, where they must succeed
        to prove anything, and inside of one. Nothing is left behind. The exit status is 0 when everything that
        could be tried was blocked, else 1.

        Examples:
          sandgate doctor
          sandgate doctor --json
        """;

    /// <summary>The verb with its options.</summary>
    public static Command Create(bool details)
    {
        Option<string> format = Shared.Format();
        Option<bool> json = new("--json") { Description = "The same as --format json." };
        Command doctor = new("doctor", details ? Description : Summary) { format, json };
        doctor.SetAction(parsed => Examine(parsed.GetValue(json) || parsed.GetValue(format) == "json"));
        return doctor;
    }

    private static int Examine(bool json)
    {
        DoctorReport report = Platform.Examine();
        if (json)
            Output.Json(writer => DoctorJson.Write(writer, report));
        else
            DoctorText.Print(report);
        return report.Holds ? 0 : 1;
    }
}
