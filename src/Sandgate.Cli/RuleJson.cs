using System.Text.Json;
using Sandgate.Core.Decide;
using Sandgate.Core.Decide.Language;

namespace Sandgate.Cli;

/// <summary>A rule as programs read it.</summary>
internal static class RuleJson
{
    /// <summary>Writes a rule's own properties into the current object.</summary>
    public static void Write(Utf8JsonWriter json, Rule rule)
    {
        json.WriteString("on", rule.Scope.ToString());
        json.WriteString("pattern", rule.Text);
        json.WriteString("when", rule.When.ToExpression());
        json.WriteString("action", Settings.NameOf(rule.Action));
        if (rule.Errno > 0)
            json.WriteString("errno", Errnos.NameOf(rule.Errno));
        if (rule.Name is { } name)
            json.WriteString("name", name);
        if (rule.Note is { } note)
            json.WriteString("note", note);
        if (rule.Expires is { } end)
            json.WriteString("expires", end);
        if (rule.Place.File is not null)
            json.WriteString("place", rule.Place.ToString());
    }
}
