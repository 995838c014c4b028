using Sandgate.Core.Decide.NewNames;
using Sandgate.Core.Decide.Fields;
using Sandgate.Core.Decide.Index;
using Sandgate.Core.Decide.Language;
using Sandgate.Core.Decode;

namespace Sandgate.Core.Decide.Conditions;

/// <summary><c>path like '/etc/*'</c>: a field compared with something. A field that the call doesn't have equals nothing.</summary>
/// <param name="Field">The field.</param>
/// <param name="Test">The comparison.</param>
public sealed record FieldTest(FieldInfo Field, ValueTest Test) : Condition
{
    /// <inheritdoc/>
    public override Truth Evaluate(Call call, CallView view, Reading reading)
    {
        switch (Field.Field)
        {
            case Fields.Field.Domain:
                return EvaluateNames(call, view);
            case Fields.Field.Call when Test is RegexTest search:
                return CallTextForms.Search(view, reading, search.Expression, whole: true);
            case Fields.Field.Call:
                return EvaluateForms(call, view, reading);
            case Fields.Field.Path or Fields.Field.Path2 or Fields.Field.Address:
                return FieldReader.TryFind(view, Field.Field, out Argument argument) ? Test.HoldsForms(in argument, reading) : Truth.False;
            default:
                return Test.Holds(FieldReader.ValueOf(call, view, Field.Field, PathForm.Resolved));
        }
    }

    private Truth EvaluateForms(Call call, CallView view, Reading reading)
    {
        bool unread = false;
        foreach (ref readonly Argument argument in view.Arguments.AsSpan())
            unread |= argument.Resolved is null || argument.IsPartial;
        Truth truth = Test.Holds(FieldReader.ValueOf(call, view, Fields.Field.Call, PathForm.Resolved));
        if (reading == Reading.AnyForm && truth != Truth.True)
        {
            if (Test.Holds(FieldReader.ValueOf(call, view, Fields.Field.Call, PathForm.Given)) == Truth.True
                || Test.Holds(FieldReader.ValueOf(call, view, Fields.Field.Call, PathForm.Entry)) == Truth.True)
                return Truth.True;
        }

        return unread && (truth == Truth.False || reading != Reading.AnyForm) ? Truth.Unknown : truth;
    }

    private Truth EvaluateNames(Call call, CallView view)
    {
        FieldValue first = FieldReader.ValueOf(call, view, Fields.Field.Domain, PathForm.Resolved);
        if (first.State != FieldState.Text)
            return first.State == FieldState.Unknown ? Truth.Unknown : Truth.False;
        foreach (string name in call.Facts!.Domains!)
        {
            if (Test.Holds(FieldValue.Of(name)) == Truth.True)
                return Truth.True;
        }

        return Truth.False;
    }

    /// <inheritdoc/>
    public override Needs Needs(OperationInfo? operation) => AnyCall.StreamNeeds(operation) | FieldReader.NeedsOf(Field.Field, operation);

    /// <inheritdoc/>
    public override bool MayNameStream => Field.Field is Fields.Field.Path or Fields.Field.Call && Test.ToString().Contains("std", StringComparison.OrdinalIgnoreCase);

    /// <inheritdoc/>
    public override bool LooksAtWord(OperationInfo? operation) => Field.Field == Fields.Field.Mode && operation is not null && FieldReader.Has(operation, Field.Field);

    /// <summary>The field must be there for the comparison to hold, and it is not where the call has no text.</summary>
    public override bool CanOnlyMatchFreeText(IReadOnlyList<string> words) =>
        FieldReader.IsArgument(Field.Field) && Field.Field is not (Fields.Field.Mode or Fields.Field.Size);

    internal override void AddKeys(OperationInfo? operation, List<Key[]> sets)
    {
        bool call = Field.Field == Fields.Field.Call;
        if (!call && (operation is null || Field.Field is not (Fields.Field.Path or Fields.Field.Path2 or Fields.Field.Address or Fields.Field.Mode or Fields.Field.Data)))
            return;
        int position = call ? Key.WholeCall : FieldReader.PositionOf(operation!, Field.Field);
        List<Key> keys = [];

        // An operation without the field: nothing to compare.
        if (!call && position < 0)
            sets.Add([]);
        else if (Test.AddKeys(position, call ? null : operation!.KindAt(position), keys))
            sets.Add([.. keys]);
    }

    internal override bool Carries(in NamePair names) => Field.Field switch
    {
        Fields.Field.Path or Fields.Field.Path2 or Fields.Field.Address => !IsAbout(in names) || Test.Carries(in names),
        Fields.Field.Call => false,
        _ => true,
    };

    internal override bool HoldsByNewName(in NamePair names) =>
        Field.Field is Fields.Field.Path or Fields.Field.Path2 or Fields.Field.Address && IsAbout(in names) && Test.HoldsByNewName(in names);

    private bool IsAbout(in NamePair names) => FieldReader.PositionOf(names.Operation, Field.Field) == names.At;

    internal override bool IsOpaque => Field.Field == Fields.Field.Call;

    internal override bool LooksOnlyAtView => Field.Field == Fields.Field.Operation || Field.Field == Fields.Field.Call
        || (FieldReader.IsArgument(Field.Field) && Field.Field != Fields.Field.Domain);

    internal override bool Searches => Test is RegexTest;

    /// <inheritdoc/>
    public override string ToExpression() => ToExpression(negated: false);

    internal string ToExpression(bool negated) => Field.Kind == FieldKind.Truth && Test is OneOfTest { Items: [TextItem { Text: "true" }] }
        ? $"{(negated ? "not " : "")}{Field.Name}"
        : $"{Field.Name} {Test.Print(negated)}";

    /// <inheritdoc/>
    public override string ToString() => ToExpression();
}
