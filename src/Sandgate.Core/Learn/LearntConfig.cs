using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Sandgate.Core.Decide;
using Sandgate.Core.Decode;

namespace Sandgate.Core.Learn;

/// <summary>Writes what was learnt as a configuration with comments.</summary>
public static class LearntConfig
{
    /// <summary>The name of the rule that refuses everything else; added rules stand behind it.</summary>
    public const string CatchAll = "learnt: whatever isn't allowed below";

    private const string Indent = "    ";

    /// <summary>The whole file.</summary>
    /// <param name="learnt">What was learnt.</param>
    /// <param name="seen">From what.</param>
    /// <param name="version">Sandgate's own version.</param>
    public static string Write(LearntPolicy learnt, Observations seen, string version)
    {
        StringBuilder text = new();
        Head(text, learnt, seen, version);
        text.Append("{\n  \"evaluation\": \"last-match\",\n  \"rule_table\": [\n");
        Row(text, [("name", CatchAll)], learnt.Families, null, "not_allow");
        text.Append('\n');
        Rules(text, learnt.Rules);
        if (!learnt.AllowsSecrets)
            Secrets(text, learnt);
        Guards(text, learnt);
        if (learnt is { AllowsSecrets: true, Secrets.IsEmpty: false })
        {
            Heading(text, "secrets, allowed because --allow-secrets said so");
            foreach (LearntRule rule in learnt.Secrets)
                Rule(text, rule, "");
        }

        text.Append("  ],\n  \"tests\": [\n");
        foreach (string canary in learnt.Canaries)
            text.Append(CultureInfo.InvariantCulture, $"    {{ \"call\": {Json(canary)}, \"expect\": \"not_allow\" }},\n");
        return text.Append("  ]\n}\n").ToString();
    }

    /// <summary>Only the rules, to be added to others.</summary>
    public static string WriteRules(LearntPolicy learnt)
    {
        StringBuilder text = new();
        Rules(text, [.. learnt.Rules, .. learnt.AllowsSecrets ? learnt.Secrets : []]);
        if (!learnt.AllowsSecrets)
            Secrets(text, learnt);
        return text.ToString();
    }

    private static void Head(StringBuilder text, LearntPolicy learnt, Observations seen, string version)
    {
        string commands = string.Join("; ", seen.Commands.Distinct().Select(c => CallText.Printable(c.Length <= 200 ? c : c[..(char.IsHighSurrogate(c[199]) ? 199 : 200)] + "…")));
        IEnumerable<string> free = LearntFamilies.Names(LearntFamilies.All.Where(f => !learnt.Families.Contains(f)));
        Comment(text, "", $"Learnt by sandgate {version} from {Amount(seen.Calls, "call")} in {Amount(seen.Runs, "run")}: {commands}");
        Comment(text, "", "");
        Comment(text, "", $"Refused, unless a rule below allows it: {string.Join(", ", LearntFamilies.Names(learnt.Families))}.");
        Comment(text, "", $"Not restricted: {string.Join(", ", free)}; and system calls without a family.");
        Comment(text, "", "Rules are read from the top, and the last one that matches decides. In a glob * is any text, / included.");
        Comment(text, "", "./ is the directory in which sandgate is started, ~/ the home. How rules were generalised: docs/learn.md.");
    }

    private static void Rules(StringBuilder text, IEnumerable<LearntRule> rules)
    {
        foreach (IGrouping<Purpose, LearntRule> group in rules.GroupBy(r => r.Purpose).OrderBy(g => g.Key))
        {
            Heading(text, TitleOf(group.Key));
            foreach (LearntRule rule in group)
                Rule(text, rule, "");
            text.Append('\n');
        }
    }

    private static void Secrets(StringBuilder text, LearntPolicy learnt)
    {
        if (learnt.Secrets.IsEmpty)
            return;
        Heading(text, "THESE LOOK LIKE SECRETS, and so they are NOT allowed");
        Comment(text, Indent, "What the program wanted of them stands here. Move a rule to the end of the table and take its slashes away only if the program must have it.");
        foreach (LearntRule rule in learnt.Secrets)
            Rule(text, rule, "// ");
        text.Append('\n');
    }

    private static void Guards(StringBuilder text, LearntPolicy learnt)
    {
        if (!learnt.Guards.IsEmpty)
        {
            Heading(text, "secrets stay refused where a rule above reaches further than what was seen");
            foreach (IGrouping<string, Rule> guard in learnt.Guards.GroupBy(g => $"{g.Name} {g.When.ToExpression()}"))
            {
                Rule first = guard.First();
                (string, string)[] named = first.Name is { } name ? [("name", name)] : [];
                Row(text, named, [.. guard.Select(g => g.Scope.Operation!.Value)], first.When.ToExpression(), "not_allow", first.Errno);
            }
        }

        if (learnt.GivesRights)
            return;
        if (learnt.Rules.Any(r => r.On.Contains(Operation.Chmod)))
            Row(text, [("name", "learnt: no file with somebody else's rights")], [Operation.Chmod], "mode ~ /[2-7][0-7]{3}$/", "not_allow");
        if (learnt.Rules.Any(r => r.On.Contains(Operation.Mknod)))
            Row(text, [("name", "learnt: no devices")], [Operation.Mknod], "mode ~ /^0[26]0/", "not_allow");
    }

    private static void Heading(StringBuilder text, string title) => Comment(text, Indent, $"---- {title} ----");

    private static void Rule(StringBuilder text, LearntRule rule, string slashes)
    {
        string who = string.Join(", ", rule.Programs.Select(p => p[(p.LastIndexOf('/') + 1)..]).Distinct().Take(5)) + (rule.Programs.Length > 5 ? " …" : "");
        Comment(text, Indent, $"{Amount(rule.Count, "call")} by {CallText.Printable(who)}{(rule.Note is null ? "" : "; " + rule.Note)}");
        text.Append(slashes.Length > 0 ? Indent + slashes.TrimEnd() : "");
        Row(text, [], rule.On, rule.When, "allow");
    }

    private static void Row(StringBuilder text, (string Key, string Value)[] first, ImmutableArray<Operation> on, string? when, string action, int errno = 0)
    {
        text.Append(Indent).Append("{ ");
        foreach ((string key, string value) in first)
            text.Append(CultureInfo.InvariantCulture, $"\"{key}\": {Json(value)}, ");
        text.Append(CultureInfo.InvariantCulture, $"\"on\": [{string.Join(", ", LearntFamilies.Names(on).Select(Json))}], ");
        if (when is not null)
            text.Append(CultureInfo.InvariantCulture, $"\"when\": {Json(when)}, ");
        text.Append(CultureInfo.InvariantCulture, $"\"action\": \"{action}\"{(errno > 0 ? $", \"errno\": \"{Errnos.NameOf(errno)}\"" : "")} }},\n");
    }

    private static void Comment(StringBuilder text, string indent, string comment) => text.Append($"{indent}// {comment}".TrimEnd()).Append('\n');

    /// <summary>A number of things, for people.</summary>
    public static string Amount(long count, string thing) => string.Create(CultureInfo.InvariantCulture, $"{count:N0} {thing}{(count == 1 ? "" : "s")}");

    private static string TitleOf(Purpose purpose) => purpose switch
    {
        Purpose.Programs => "programs it runs",
        Purpose.System => "system libraries and data",
        Purpose.Settings => "the machine's settings",
        Purpose.Kernel => "devices, and files that the kernel makes up",
        Purpose.Own => "the program's own files",
        Purpose.Temporary => "temporary files",
        Purpose.Network => "network",
        Purpose.Processes => "other processes",
        _ => "mounts and roots",
    };

    private static string Json(string text) => "\"" + JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping) + "\"";
}
