using System.Collections.Immutable;
using System.Text.Json;
using Sandgate.Core.Decide.Conditions;
using Sandgate.Core.Decode;

namespace Sandgate.Core.Decide.Language;

/// <summary>Reads <c>rules</c>: operation, pattern, action.</summary>
internal sealed class RulesReader(ReaderContext context, PatternParser patterns)
{
    private readonly OperationNames _names = new(context.Catalogue);
    private readonly ImmutableArray<Rule>.Builder _rules = ImmutableArray.CreateBuilder<Rule>();

    /// <summary>The rules of the current value, in the order of the file.</summary>
    public ImmutableArray<Rule> Read(ref JsonText json)
    {
        if (!json.Expect(JsonTokenType.StartObject, "\"rules\""))
            return [];
        Dictionary<string, SourcePlace> seen = new(StringComparer.Ordinal);
        while (json.NextKey(seen, out string name, out SourcePlace place))
        {
            if (_names.Find(name) is ({ } scope, var family))
                ReadOperation(ref json, name, scope, family);
            else
            {
                json.Report(_names.Unknown(name, place));
                json.Skip();
            }
        }

        return _rules.DrainToImmutable();
    }

    private void ReadOperation(ref JsonText json, string name, RuleScope scope, OperationInfo? family)
    {
        if (!json.Expect(JsonTokenType.StartObject, $"\"{name}\"", "write { \"*\": \"not_allow\" } for every call"))
            return;
        Dictionary<string, SourcePlace> seen = new(StringComparer.Ordinal);
        while (json.NextKey(seen, out string pattern, out SourcePlace place))
        {
            Condition? condition = null;
            try
            {
                condition = patterns.Parse(pattern, family);
            }
            catch (PatternException e)
            {
                json.Report(place, $"in the pattern {Words.Quote(pattern)}: {e.Message}", e.Advice);
            }

            WrittenAction? action = ActionReader.Read(ref json);
            if (condition is not null && action is { } known)
                _rules.Add(known.ToRule(scope, pattern, condition, place));
        }
    }
}
