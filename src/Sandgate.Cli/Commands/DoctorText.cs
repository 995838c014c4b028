using System.Globalization;
using Sandgate.Core.Decode;
using Sandgate.Core.Doctor;

namespace Sandgate.Cli.Commands;

/// <summary>The doctor's report for people.</summary>
internal static class DoctorText
{
    /// <summary>Prints it.</summary>
    public static void Print(DoctorReport report)
    {
        Output output = new();
        PrintMachine(output, report.Machine);
        output.Line(output.Bold("mechanisms") + "  each was tried in a throw-away process");
        int width = report.Mechanisms.Max(m => m.Name.Length);
        foreach (MechanismFinding finding in report.Mechanisms)
        {
            string detail = finding.Available ? finding.How ?? "" : CallText.Printable(finding.Why ?? "");
            output.Line($"  {(finding.Available ? output.Green("yes") : output.Yellow("no "))}  {finding.Name.PadRight(width)}  {output.Dim(detail)}".TrimEnd());
            if (finding.Instead is { } instead)
                output.Line($"       {"".PadRight(width)}  instead: {instead}");
        }

        output.Line();
        output.Line(output.Bold("canaries") + "  each was tried without a sandbox, then inside of one");
        width = report.Canaries.Max(c => c.Attempt.Length);
        foreach (CanaryFinding canary in report.Canaries)
            output.Line($"  {Mark(output, canary.Outcome)}  {canary.Attempt.PadRight(width)}  {output.Dim((canary.Outcome == CanaryOutcome.NotTried ? "can't be tried here: " : "") + canary.Detail)}");
        output.Line();
        string count = string.Create(CultureInfo.InvariantCulture, $"{report.Blocked} of {report.Tried} blocked");
        int left = report.Canaries.Count - report.Tried;
        output.Line((report.Holds ? output.Green(count) : output.Red(count)) + (left == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"; {left} can't be tried here")));
        output.Line(output.Bold("labels") + "  " + string.Join("; ", report.Guarantees.GroupBy(g => g.Label).Select(g => $"{output.Bold(g.Key)}: {string.Join(", ", g.Select(r => r.Rules))}")));
        output.Print();
    }

    private static void PrintMachine(Output output, MachineFacts machine)
    {
        string user = machine.UserId == 0 ? "root" : string.Create(CultureInfo.InvariantCulture, $"user {machine.UserId}");
        output.Line($"{output.Bold("kernel")}      Linux {machine.Kernel}, {machine.Architecture}");
        output.Line($"{output.Bold("container")}   {machine.Container ?? "none that could be told"}");
        output.Line($"{output.Bold("user")}        {user}, capabilities {machine.Capabilities.ToString("x", CultureInfo.InvariantCulture)}"
            + (machine.OwnUserNamespace ? ", in a user namespace" : "") + (machine.NoNewPrivileges ? ", no_new_privs" : "") + (machine.Filtered ? ", under a seccomp filter" : ""));
        output.Line();
    }

    private static string Mark(Output output, CanaryOutcome outcome) => outcome switch
    {
        CanaryOutcome.Blocked => output.Green("blocked    "),
        CanaryOutcome.NotBlocked => output.Red("NOT BLOCKED"),
        _ => output.Yellow("not tried  "),
    };
}
