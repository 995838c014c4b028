using Sandgate.Core.Decide;
using Sandgate.Core.Decide.Fields;
using Sandgate.Core.Decide.Scripts;

namespace Sandgate.Scripting.Tests;

/// <summary>A call with the fields that a test gives it.</summary>
internal sealed class FakeCall : ICallFields
{
    private readonly Dictionary<Field, FieldValue> _values = [];

    public string Signature { get; init; } = "open('/etc/passwd', 'r')";

    public Func<Field, FieldValue>? Otherwise { get; init; }

    public FieldValue this[Field field]
    {
        set => _values[field] = value;
    }

    public FieldValue ValueOf(Field field) =>
        _values.TryGetValue(field, out FieldValue value) ? value : Otherwise?.Invoke(field) ?? FieldValue.Absent;
}

/// <summary>A script with what it told.</summary>
internal sealed class Script : IDisposable
{
    private readonly IScript _script;

    private Script(string code, ScriptLimits limits) =>
        _script = new LuaEngine().Compile(new("test", "test.lua", code, limits, Failures.Add));

    public List<string> Failures { get; } = [];

    public static FakeCall Passwd { get; } = new()
    {
        [Field.Path] = FieldValue.Of("/etc/passwd"),
        [Field.Size] = FieldValue.Of(42),
        [Field.Data] = FieldValue.Of(new string('d', 100_000)),
    };

    public static Script Of(string code, ScriptLimits? limits = null) => new(code, limits ?? ScriptLimits.Default);

    /// <summary>A matcher with this body.</summary>
    public static Script Matching(string body) => Of($"function matcher(call)\n{body}\nend");

    public Truth Match(ICallFields? call = null) => _script.Match(call ?? Passwd);

    public void Dispose() => _script.Dispose();
}
