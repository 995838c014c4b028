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
        Truth truth = Script.Match(new View(call, view, PathForm.Resolved));
        if (reading != Reading.AnyForm || truth == Truth.True || !HasOtherForms(view))
            return truth;
        Truth given = Script.Match(new View(call, view, PathForm.Given));
        return given == Truth.False ? truth : given;
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
        public string Signature => CallText.Render(view, form);

        public FieldValue ValueOf(Field field) => FieldReader.ValueOf(call, view, field, form);
    }
}
