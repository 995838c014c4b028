namespace Sandgate.Core.Decide.Language;

/// <summary>The words of the file's settings and of actions.</summary>
internal static class Settings
{
    /// <summary>Keys of the file that work.</summary>
    public static IReadOnlyList<string> Keys { get; } = ["rules", "evaluation", "default", "on_unknown", "floor", "$schema"];

    /// <summary>Keys of the file that the language has and this version does not.</summary>
    public static IReadOnlyList<string> LaterKeys { get; } =
        ["rule_table", "scripts", "tests", "isolation", "limits", "record", "strict", "extends"];

    /// <summary>Values of <c>evaluation</c>.</summary>
    public static IReadOnlyList<string> Evaluations { get; } = ["allow-overrides", "deny-overrides", "last-match"];

    /// <summary>Verdicts, for <c>default</c> and <c>on_unknown</c>.</summary>
    public static IReadOnlyList<string> Verdicts { get; } = ["allow", "not_allow", "deny"];

    /// <summary>Actions that work.</summary>
    public static IReadOnlyList<string> Actions { get; } = ["allow", "not_allow", "deny", "log"];

    /// <summary>Actions that the language has and this version does not.</summary>
    public static IReadOnlyList<string> LaterActions { get; } = ["ask", "kill", "modify"];

    /// <summary>Keys of an action's long form that work.</summary>
    public static IReadOnlyList<string> ActionKeys { get; } = ["action", "errno", "name", "note"];

    /// <summary>Keys of an action's long form that this version does not have.</summary>
    public static IReadOnlyList<string> LaterActionKeys { get; } = ["expires", "set"];

    /// <summary>The action that a word names.</summary>
    /// <exception cref="PatternException">None, or none in this version.</exception>
    public static RuleAction ActionOf(string word) => word switch
    {
        "allow" => RuleAction.Allow,
        "not_allow" or "deny" => RuleAction.NotAllow,
        "log" => RuleAction.Log,
        _ when LaterActions.Contains(word) => throw new PatternException(Words.NotAvailable(word)),
        _ => throw new PatternException(
            $"unknown action {Words.Quote(word)}",
            Suggestion.For(word, [.. Actions, .. LaterActions]) ?? $"write {Words.Choice(Actions)}"),
    };
}
