using Sandgate.Core.Decode;

namespace Sandgate.Core.Decide;

/// <summary>What a rule does with a call it matches.</summary>
public enum RuleAction : byte
{
    /// <summary>The call goes on.</summary>
    Allow,

    /// <summary>The call fails with an errno.</summary>
    NotAllow,

    /// <summary>The call is recorded; matching goes on.</summary>
    Log,

    /// <summary>The call waits until a person decides.</summary>
    Ask,

    /// <summary>The call fails and the whole tree of processes ends.</summary>
    Kill,
}

/// <summary>How binding a verdict is against a program that tries to get round it.</summary>
public enum Binding : byte
{
    /// <summary>Decided in the kernel, by the filter.</summary>
    Kernel,

    /// <summary>Decided on register values only, which nobody can change after the stop.</summary>
    Register,

    /// <summary>The supervisor did the call itself, on what it checked.</summary>
    Emulated,

    /// <summary>The kernel did the call, and the supervisor compared what it did with what was judged before the program could use it.</summary>
    Verified,

    /// <summary>The kernel reads the arguments again from memory that another thread could have changed in between.</summary>
    Racy,
}

/// <summary>Why a verdict is what it is.</summary>
public enum VerdictReason : byte
{
    /// <summary>A rule matched.</summary>
    Rule,

    /// <summary>No rule matched.</summary>
    Default,

    /// <summary>A deny could not be evaluated, and <c>on_unknown</c> decided.</summary>
    Unknown,

    /// <summary>A floor rule, which no rule of the user's can override.</summary>
    Floor,

    /// <summary>A person was asked.</summary>
    Asked,

    /// <summary>A person should have been asked, and none answered.</summary>
    Unanswered,
}

/// <summary>The policy's answer to one call.</summary>
/// <param name="Allowed">True when the call may go on.</param>
/// <param name="Errno">What the call fails with when it may not.</param>
/// <param name="Reason">Why.</param>
/// <param name="Rule">The deciding rule, when there is one.</param>
/// <param name="View">The index of the view (<see cref="Call.Views"/>) that decided.</param>
/// <param name="Logged">True when a <see cref="RuleAction.Log"/> rule matched: the call is to be recorded even though it is allowed.</param>
public readonly record struct Verdict(bool Allowed, int Errno, VerdictReason Reason, Rule? Rule, int View, bool Logged)
{
    /// <summary>What is to be done: allow, not_allow, ask or kill. A question that nobody has answered yet is not allowed.</summary>
    public RuleAction Action { get; init; } = Allowed ? RuleAction.Allow : RuleAction.NotAllow;

    /// <summary>True when the deciding rule is known to match; false when something it looks at could not be read.</summary>
    public bool IsProven { get; init; }

    /// <summary>True when every condition could be evaluated: reading more of the call would not change the verdict.</summary>
    public bool IsCertain { get; init; } = true;

    /// <summary>Nothing stands against the call.</summary>
    public static Verdict AllowByDefault { get; } = new(true, 0, VerdictReason.Default, null, 0, false);

    /// <summary>How much an action stands against a call: the severest of several counts.</summary>
    internal static int Severity(RuleAction action) => action switch
    {
        RuleAction.Kill => 3,
        RuleAction.NotAllow => 2,
        RuleAction.Ask => 1,
        _ => 0,
    };

    /// <summary>The verdict on a view, with the rule's errno or the operation's.</summary>
    internal static Verdict Of(CallView view, Rule? rule, VerdictReason reason, RuleAction action, bool proven) =>
        action == RuleAction.Allow
            ? new(true, 0, reason, rule, 0, false)
            : new(false, rule is { Errno: > 0 } ? rule.Errno : DefaultErrno(view.Operation), reason, rule, 0, false) { IsProven = proven, Action = action };

    // Files are refused with EACCES as a file's permissions would, everything else with EPERM.
    private static int DefaultErrno(Operation operation)
    {
        foreach (OperationArgument argument in Operations.Of(operation)?.Arguments ?? [])
        {
            if (argument.Kind is ArgumentKind.Path or ArgumentKind.Descriptor)
                return Errnos.EACCES;
        }

        return Errnos.EPERM;
    }
}
