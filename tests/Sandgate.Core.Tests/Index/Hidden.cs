using Sandgate.Core.Decide;
using Sandgate.Core.Decide.Conditions;
using Sandgate.Core.Decode;

namespace Sandgate.Core.Tests.Index;

/// <summary>A condition that tells an index nothing of itself, so that its rule is always asked and never remembered.</summary>
internal sealed record Hidden(Condition Inner) : Condition
{
    public override Truth Evaluate(Call call, CallView view, Reading reading) => Inner.Evaluate(call, view, reading);

    public override Needs Needs(OperationInfo? operation) => Inner.Needs(operation);

    public override bool MayNameStream => Inner.MayNameStream;

    public override string ToExpression() => Inner.ToExpression();

    /// <summary>The same rules, asked one by one.</summary>
    public static RuleSet Of(RuleSet set) => set with { Rules = [.. set.Rules.Select(r => r with { When = new Hidden(r.When) })] };
}
