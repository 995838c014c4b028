using System.Globalization;
using System.Reflection;
using System.Text;
using Sandgate.Core.Decide;
using Sandgate.Core.Decide.Check;
using Sandgate.Core.Decide.Language;
using Sandgate.Core.Decode;
using Sandgate.Core.Record;

namespace Sandgate.Cli;

/// <summary>What a session's record begins with: its name, the machine, and the rules with their labels.</summary>
internal static class SessionHeader
{
    /// <summary>Sandgate's own version.</summary>
    public static string Version => typeof(SessionHeader).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "";

    /// <summary>A name for a session: eight letters and digits, so that it is easily typed and no two sessions of a user meet.</summary>
    public static string NewName() => string.Create(8, 0, static (name, _) => Random.Shared.GetItems("abcdefghjkmnpqrstuvwxyz23456789", name));

    /// <summary>The header, as far as it is known before the sandbox is.</summary>
    public static SessionStart Of(string session, RuleSet rules)
    {
        ICatalogue catalogue = Platform.Catalogue();
        return new()
        {
            Time = DateTimeOffset.UtcNow,
            Session = session,
            Command = [],
            Version = Version,
            Host = Platform.HostFacts(),
            RulesVersion = VersionOf(rules),
            Labels = [.. rules.Rules.Select(r => ($"{r} = {Settings.NameOf(r.Action)}", EventWords.Of(Labels.Of(r, catalogue))))],
            Demand = default,
            Grants = [],
            LiftedFloor = [],
        };
    }

    /// <summary>The SHA-256 of everything about rules that decides.</summary>
    public static string VersionOf(RuleSet rules)
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"{rules.Evaluation} {rules.Default} {rules.OnUnknown} {string.Join(',', rules.LiftedFloor)}\n");
        foreach (Rule rule in rules.Rules)
            text.Append(CultureInfo.InvariantCulture, $"{rule.Scope} {rule.When.ToExpression()} {rule.Action} {rule.Errno} {rule.Expires:O} {rule.Timeout} {rule.AllowUnanswered}\n");
        return Sha256.Of(Encoding.UTF8.GetBytes(text.ToString()));
    }
}
