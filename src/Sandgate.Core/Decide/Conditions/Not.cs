using Sandgate.Core.Decide.NewNames;
using Sandgate.Core.Decode;

namespace Sandgate.Core.Decide.Conditions;

/// <summary><c>not a</c>.</summary>
/// <param name="Inner">What must not hold.</param>
public sealed record Not(Condition Inner) : Condition
{
    /// <summary>The opposite of a condition.</summary>
    public static Condition Of(Condition condition) => condition is Not not ? not.Inner : new Not(condition);

    /// <inheritdoc/>
    public override Truth Evaluate(Call call, CallView view, Reading reading) => Inner.Evaluate(call, view, Opposite(reading)) switch
    {
        Truth.True => Truth.False,
        Truth.False => Truth.True,
        _ => Truth.Unknown,
    };

    // "Not under /tmp" is said of the file itself: a name that leads to it from elsewhere doesn't make it another file.
    private static Reading Opposite(Reading reading) => reading switch
    {
        Reading.AnyForm => Reading.AnyFormNegated,
        Reading.AnyFormNegated => Reading.AnyForm,
        _ => reading,
    };

    /// <inheritdoc/>
    public override Needs Needs(OperationInfo? operation) => Inner.Needs(operation);

    /// <inheritdoc/>
    public override bool MayNameStream => Inner.MayNameStream;

    /// <inheritdoc/>
    public override bool LooksAtWord(OperationInfo? operation) => Inner.LooksAtWord(operation);

    internal override bool Carries(in NamePair names) => Inner.Carries(names.Reversed);

    internal override bool IsOpaque => Inner.IsOpaque;

    internal override bool LooksOnlyAtView => Inner.LooksOnlyAtView;

    internal override bool Searches => Inner.Searches;

    // The opposite of "size < 5" is not "size >= 5": a call without a size is neither.
    private FieldTest? Negatable => Inner is FieldTest { Test: not OrderTest } test ? test : null;

    internal override int Precedence => Negatable is null ? 2 : 3;

    /// <inheritdoc/>
    public override string ToExpression() => Negatable is { } test ? test.ToExpression(negated: true) : "not " + Inner.ToExpression(2);

    /// <inheritdoc/>
    public override string ToString() => ToExpression();
}
