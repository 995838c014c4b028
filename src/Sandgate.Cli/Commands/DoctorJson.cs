using System.Text.Json;
using Sandgate.Core.Doctor;

namespace Sandgate.Cli.Commands;

/// <summary>The doctor's report for programs.</summary>
internal static class DoctorJson
{
    /// <summary>Writes it.</summary>
    public static void Write(Utf8JsonWriter json, DoctorReport report)
    {
        json.WriteStartObject();
        json.WriteBoolean("ok", report.Holds);
        Write(json, report.Machine);
        json.WriteStartArray("mechanisms");
        foreach (MechanismFinding finding in report.Mechanisms)
        {
            json.WriteStartObject();
            json.WriteString("name", finding.Name);
            json.WriteBoolean("available", finding.Available);
            WriteIfKnown(json, "how", finding.How);
            WriteIfKnown(json, "why", finding.Why);
            WriteIfKnown(json, "instead", finding.Instead);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteNumber("tried", report.Tried);
        json.WriteNumber("blocked", report.Blocked);
        json.WriteStartArray("canaries");
        foreach (CanaryFinding canary in report.Canaries)
        {
            json.WriteStartObject();
            json.WriteString("name", canary.Name);
            json.WriteString("attempt", canary.Attempt);
            json.WriteString("outcome", canary.Outcome switch { CanaryOutcome.Blocked => "blocked", CanaryOutcome.NotBlocked => "not_blocked", _ => "not_tried" });
            json.WriteString("detail", canary.Detail);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("labels");
        foreach (Guarantee guarantee in report.Guarantees)
        {
            json.WriteStartObject();
            json.WriteString("rules", guarantee.Rules);
            json.WriteString("label", guarantee.Label);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, MachineFacts machine)
    {
        json.WriteStartObject("machine");
        json.WriteString("kernel", machine.Kernel);
        json.WriteString("architecture", machine.Architecture);
        json.WriteString("container", machine.Container);
        json.WriteNumber("uid", machine.UserId);
        json.WriteString("capabilities", machine.Capabilities.ToString("x16", System.Globalization.CultureInfo.InvariantCulture));
        json.WriteBoolean("no_new_privileges", machine.NoNewPrivileges);
        json.WriteBoolean("seccomp_filter", machine.Filtered);
        json.WriteBoolean("own_user_namespace", machine.OwnUserNamespace);
        json.WriteEndObject();
    }

    private static void WriteIfKnown(Utf8JsonWriter json, string name, string? text)
    {
        if (text is not null)
            json.WriteString(name, text);
    }
}
