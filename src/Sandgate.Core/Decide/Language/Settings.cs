namespace Sandgate.Core.Decide.Language;

/// <summary>The words of the file's settings and of actions.</summary>
public static class Settings
{
    /// <summary>Keys of the file that work.</summary>
    public static IReadOnlyList<string> Keys { get; } =
        ["rules", "rule_table", "evaluation", "default", "on_unknown", "floor", "strict", "scripts", "tests", "extends", "isolation", "limits", "channel", "$schema"];

    /// <summary>Keys of the file that the language has and this version does not.</summary>
    public static IReadOnlyList<string> LaterKeys { get; } = ["record"];

    /// <summary>Values of <c>evaluation</c>.</summary>
    public static IReadOnlyList<string> Evaluations { get; } = ["allow-overrides", "deny-overrides", "last-match"];

    /// <summary>Verdicts, for <c>default</c> and <c>on_unknown</c>.</summary>
    public static IReadOnlyList<string> Verdicts { get; } = ["allow", "not_allow", "deny", "ask"];

    /// <summary>Actions.</summary>
    public static IReadOnlyList<string> Actions { get; } = ["allow", "not_allow", "deny", "ask", "log", "kill", "modify"];

    /// <summary>Keys of an action's long form.</summary>
    public static IReadOnlyList<string> ActionKeys { get; } = ["action", "errno", "name", "note", "expires", "timeout", "on_timeout", "set"];

    /// <summary>Keys of a row of the rule table.</summary>
    public static IReadOnlyList<string> RowKeys { get; } = ["name", "enabled", "on", "when", "action", "errno", "note", "expires", "timeout", "on_timeout", "set"];

    /// <summary>Keys of one condition in a row.</summary>
    public static IReadOnlyList<string> ConditionKeys { get; } = ["enabled", "boolean_operator", "match_type", "match_relationship", "match_condition"];

    /// <summary>Keys of a script.</summary>
    public static IReadOnlyList<string> ScriptKeys { get; } = ["file", "code", "instructions", "memory", "time"];

    /// <summary>What <c>modify</c> can set.</summary>
    public static IReadOnlyList<string> SetKeys { get; } = ["path", "arg0", "arg1", "arg2", "arg3", "arg4", "arg5", "return"];

    /// <summary>Keys of <c>isolation</c>.</summary>
    public static IReadOnlyList<string> IsolationKeys { get; } =
    [
        "namespaces", "net", "root", "overlay", "read_only", "hidden", "writable", "private_tmp", "hostname", "capabilities",
        "scrub_environment", "umask", "paths", "ports", "code",
    ];

    /// <summary>Keys of <c>isolation.paths</c>.</summary>
    public static IReadOnlyList<string> PathsKeys { get; } = ["read", "write", "execute"];

    /// <summary>Keys of <c>isolation.ports</c>.</summary>
    public static IReadOnlyList<string> PortsKeys { get; } = ["bind", "connect"];

    /// <summary>Keys of <c>isolation.code</c>.</summary>
    public static IReadOnlyList<string> CodeKeys { get; } = ["write_xor_execute", "only_from", "hashes"];

    /// <summary>Keys of <c>limits</c>.</summary>
    public static IReadOnlyList<string> LimitsKeys { get; } =
    [
        "memory", "cpus", "cpu_share", "processes", "time", "cpu_time", "file_size", "open_files", "disk_written", "network", "core_dumps", "action",
    ];

    /// <summary>Words for what happens at a limit, in the order of their enumeration.</summary>
    public static IReadOnlyList<string> LimitActions { get; } = ["kill", "pause"];

    /// <summary>The action that a word names.</summary>
    /// <exception cref="PatternException">None, or none on this engine.</exception>
    public static RuleAction ActionOf(string word) => word switch
    {
        "allow" => RuleAction.Allow,
        "not_allow" or "deny" => RuleAction.NotAllow,
        "log" => RuleAction.Log,
        "ask" => RuleAction.Ask,
        "kill" => RuleAction.Kill,
        "modify" => throw new PatternException("\"modify\" is not available on this engine", "seccomp notifications can't change a call's arguments"),
        _ => throw new PatternException($"unknown action {Words.Quote(word)}", Suggestion.For(word, Actions) ?? $"write {Words.Choice(Actions)}"),
    };

    /// <summary>The word for an action.</summary>
    public static string NameOf(RuleAction action) => action switch
    {
        RuleAction.Allow => "allow",
        RuleAction.NotAllow => "not_allow",
        RuleAction.Log => "log",
        RuleAction.Ask => "ask",
        _ => "kill",
    };
}
