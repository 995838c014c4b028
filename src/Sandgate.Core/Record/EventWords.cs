using Sandgate.Core.Confine;
using Sandgate.Core.Decide;
using Sandgate.Core.Trap;

namespace Sandgate.Core.Record;

/// <summary>The words that records use for what the code has as enumerations, there and back.</summary>
public static class EventWords
{
    private static readonly string[] s_reasons = ["rule", "default", "unknown", "floor", "asked", "unanswered"];
    private static readonly string[] s_bindings = ["kernel", "register", "emulated", "verified", "racy"];
    private static readonly string[] s_outcomes = ["continued", "denied", "failed", "emulated", "vanished", "killed", "changed"];
    private static readonly string[] s_arguments = ["unreadable", "text", "word", "address", "number", "path", "descriptor", "stdio", "data"];
    private static readonly string[] s_demands = ["equivalent", "strict", "best_effort"];
    private static readonly string[] s_grants = ["given", "substituted", "dropped"];

    /// <summary>What was decided: <c>allow</c>, <c>not_allow</c> or <c>kill</c>.</summary>
    public static string Of(in Verdict verdict) => verdict.Allowed ? "allow" : verdict.Action == RuleAction.Kill ? "kill" : "not_allow";

    /// <summary>Why it was decided so.</summary>
    public static string Of(VerdictReason reason) => s_reasons[(int)reason];

    /// <summary>How binding it is.</summary>
    public static string Of(Binding binding) => s_bindings[(int)binding];

    /// <summary>What became of the call.</summary>
    public static string Of(Outcome outcome) => s_outcomes[(int)outcome];

    /// <summary>What an argument is.</summary>
    public static string Of(ArgumentKind kind) => s_arguments[(int)kind];

    /// <summary>What was to be done about what can't be had.</summary>
    public static string Of(Demand demand) => s_demands[(int)demand];

    /// <summary>What became of a mechanism.</summary>
    public static string Of(GrantKind kind) => s_grants[(int)kind];

    /// <summary>Why, by its word; null when it is none.</summary>
    public static VerdictReason? ReasonOf(string? word) => Find(s_reasons, word) is >= 0 and var at ? (VerdictReason)at : null;

    /// <summary>How binding, by its word; null when it is none.</summary>
    public static Binding? BindingOf(string? word) => Find(s_bindings, word) is >= 0 and var at ? (Binding)at : null;

    /// <summary>What became of a call, by its word; null when it is none.</summary>
    public static Outcome? OutcomeOf(string? word) => Find(s_outcomes, word) is >= 0 and var at ? (Outcome)at : null;

    /// <summary>What an argument is, by its word; null when it is none.</summary>
    public static ArgumentKind? ArgumentOf(string? word) => Find(s_arguments, word) is >= 0 and var at ? (ArgumentKind)at : null;

    /// <summary>A demand, by its word; null when it is none.</summary>
    public static Demand? DemandOf(string? word) => Find(s_demands, word) is >= 0 and var at ? (Demand)at : null;

    /// <summary>What became of a mechanism, by its word; null when it is none.</summary>
    public static GrantKind? GrantOf(string? word) => Find(s_grants, word) is >= 0 and var at ? (GrantKind)at : null;

    private static int Find(string[] words, string? word) => Array.IndexOf(words, word);
}
