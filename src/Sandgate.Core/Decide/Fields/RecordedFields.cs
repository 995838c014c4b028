using Sandgate.Core.Record;

namespace Sandgate.Core.Decide.Fields;

/// <summary>The values of fields that only a recorded call has, in the words of the record.</summary>
internal static class RecordedFields
{
    public static FieldValue ValueOf(CallEvent recorded, Field field) => field switch
    {
        Field.Verdict => FieldValue.Of(EventWords.Of(recorded.Verdict)),
        Field.Errno => recorded.Verdict.Allowed ? FieldValue.Absent : FieldValue.Of(Errnos.NameOf(recorded.Verdict.Errno)),
        Field.Reason => FieldValue.Of(EventWords.Of(recorded.Verdict.Reason)),
        Field.Rule => recorded.Rule is { } rule ? FieldValue.Of(rule) : FieldValue.Absent,
        Field.Binding => FieldValue.Of(EventWords.Of(recorded.Binding)),
        Field.Outcome => FieldValue.Of(EventWords.Of(recorded.Outcome)),
        Field.Held => FieldValue.Of((long)recorded.Held.TotalMicroseconds),
        Field.Cost => FieldValue.Of((long)recorded.Cost.TotalMicroseconds),
        Field.Tid => FieldValue.Of(recorded.ThreadId),
        _ => FieldValue.Of(recorded.Number),
    };
}
