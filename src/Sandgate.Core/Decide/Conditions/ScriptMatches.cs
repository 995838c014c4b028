using System.Collections.Immutable;
using Sandgate.Core.Decide.Fields;
using Sandgate.Core.Decide.Scripts;
using Sandgate.Core.Decode;

namespace Sandgate.Core.Decide.Conditions;

/// <summary><c>script secret</c>: a script decides.</summary>
/// <param name="Script">The script.</param>
/// <param name="Fields">The fields that its text names; only these are read for it.</param>
public sealed record ScriptMatches(IScript Script, ImmutableArray<Field> Fields) : Condition
{
    /// <summary>The condition for a script, whose text tells what it looks at.</summary>
    public static ScriptMatches Of(IScript script, string code) =>
        new(script, [.. FieldCatalogue.All.Where(f => code.Contains(f.Name, StringComparison.Ordinal)).Select(f => f.Field)]);

    /// <inheritdoc/>
    public override Truth Evaluate(Call call, CallView view, Reading reading)
    {
        if (call.IsQuestion)
            return Truth.Unknown;
        Truth truth = Ask(call, view, PathForm.Resolved, reading);
        if (reading != Reading.AnyForm || truth == Truth.True || !HasOtherForms(view))
            return truth;
        Truth given = Ask(call, view, PathForm.Given, reading);
        return given == Truth.False ? truth : given;
    }

    // A script takes what could not be read for something that isn't there; its answer then proves nothing.
    private Truth Ask(Call call, CallView view, PathForm form, Reading reading)
    {
        View asked = new(call, view, form);
        Truth truth = Script.Match(asked);
        return !asked.MissedSomething || (truth == Truth.True && reading == Reading.AnyForm) ? truth : Truth.Unknown;
    }

    private static bool HasOtherForms(CallView view)
    {
        foreach (ref readonly Argument argument in view.Arguments.AsSpan())
        {
            if (argument.Kind == ArgumentKind.Path && argument.Given is ['/', ..] && argument.Given != argument.Resolved)
                return true;
        }

        return false;
    }

    /// <inheritdoc/>
    public override Needs Needs(OperationInfo? operation) => Fields.Aggregate(Decode.Needs.Text, (needs, field) => needs | FieldReader.NeedsOf(field, operation));

    internal override bool IsOpaque => true;

    /// <inheritdoc/>
    public override bool MayNameStream => true;

    /// <inheritdoc/>
    public override string ToExpression() => "script " + Language.ExpressionText.Word(Script.Name);

    /// <inheritdoc/>
    public bool Equals(ScriptMatches? other) => other is not null && Script.Name == other.Script.Name;

    /// <inheritdoc/>
    public override int GetHashCode() => Script.Name.GetHashCode(StringComparison.Ordinal);

    /// <inheritdoc/>
    public override string ToString() => ToExpression();

    private sealed class View(Call call, CallView view, PathForm form) : ICallFields
    {
        /// <summary>True when the script asked for something that could not be read.</summary>
        public bool MissedSomething { get; private set; }

        public string Signature
        {
            get
            {
                foreach (ref readonly Argument argument in view.Arguments.AsSpan())
                    MissedSomething |= argument.Resolved is null || argument.IsPartial;
                return CallText.Render(view, form);
            }
        }

        public FieldValue ValueOf(Field field)
        {
            FieldValue value = FieldReader.ValueOf(call, view, field, form);
            MissedSomething |= value.State == FieldState.Unknown || value.IsPartial;
            return value;
        }
    }
}
