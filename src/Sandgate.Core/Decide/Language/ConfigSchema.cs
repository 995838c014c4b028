using System.Text.Json;
using Sandgate.Core.Confine;
using Sandgate.Core.Decide.Fields;
using Sandgate.Core.Decode;

namespace Sandgate.Core.Decide.Language;

/// <summary>The JSON schema of configurations, for editors; made of the same words that the reader knows.</summary>
public static class ConfigSchema
{
    /// <summary>What each key of the file is for.</summary>
    private static readonly Dictionary<string, string> s_keys = new(StringComparer.Ordinal)
    {
        ["rules"] = "Operation, pattern, action.",
        ["rule_table"] = "Rules with expressions, or rows of conditions as in Burp's intercept rules.",
        ["evaluation"] = "Which of several matching rules wins.",
        ["default"] = "What happens when no rule matches.",
        ["on_unknown"] = "What happens when a deny can't be evaluated.",
        ["floor"] = "false lifts one of the things that no rule can allow.",
        ["strict"] = "true refuses denies that a hostile thread could get round.",
        ["scripts"] = "Named script matchers in Lua.",
        ["tests"] = "Calls and the verdicts they must get; asked before every run.",
        ["extends"] = "Profiles by name, and other files, that this one is laid over.",
        ["isolation"] = "What the program is shut off from, whatever the rules say.",
        ["limits"] = "How much of the machine it may use.",
        ["channel"] = "true gives the program a descriptor over which it can ask, tell and read its session's name.",
        ["$schema"] = "For editors; ignored.",
    };

    /// <summary>Writes the schema.</summary>
    public static void Write(Utf8JsonWriter json, ICatalogue catalogue)
    {
        json.WriteStartObject();
        json.WriteString("$schema", "http://json-schema.org/draft-07/schema#");
        json.WriteString("title", "Sandgate configuration");
        json.WriteString("type", "object");
        json.WriteBoolean("additionalProperties", false);
        json.WriteStartObject("properties");
        foreach (string key in Settings.Keys)
            WriteKey(json, key, catalogue);
        json.WriteEndObject();
        json.WriteStartObject("definitions");
        Define(json, "action", () => OneOf(json, () => Enumeration(json, Settings.Actions), () => Ref(json, "longAction")));
        Define(json, "longAction", () => Object(json, Settings.ActionKeys, ["action"], key => ActionKey(json, key)));
        Define(json, "row", () => Object(json, Settings.RowKeys, ["action"], key => RowKey(json, key)));
        Define(json, "condition", () => Object(json, Settings.ConditionKeys, ["match_type", "match_relationship", "match_condition"], key => ConditionKey(json, key)));
        Define(json, "script", () => Object(json, Settings.ScriptKeys, [], key => ScriptKey(json, key)));
        Define(json, "test", () => Object(json, ["call", "expect", "rule", "note", .. CallFactsText.Names], ["call", "expect"], key => TestKey(json, key)));
        Define(json, "operation", () => Operation(json, catalogue));
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteKey(Utf8JsonWriter json, string key, ICatalogue catalogue)
    {
        json.WriteStartObject(key);
        json.WriteString("description", s_keys[key]);
        switch (key)
        {
            case "rules":
                json.WriteString("type", "object");
                json.WriteStartObject("propertyNames");
                Operation(json, catalogue);
                json.WriteEndObject();
                json.WriteStartObject("additionalProperties");
                json.WriteString("type", "object");
                json.WriteStartObject("additionalProperties");
                Ref(json, "action");
                json.WriteEndObject();
                json.WriteEndObject();
                break;
            case "rule_table":
                ArrayOf(json, () => Ref(json, "row"));
                break;
            case "evaluation":
                Enumeration(json, Settings.Evaluations);
                break;
            case "default" or "on_unknown":
                Enumeration(json, Settings.Verdicts);
                break;
            case "floor":
                Object(json, Floor.Names, [], _ => json.WriteString("type", "boolean"));
                break;
            case "strict" or "channel":
                json.WriteString("type", "boolean");
                break;
            case "scripts":
                json.WriteString("type", "object");
                json.WriteStartObject("additionalProperties");
                OneOf(json, () => json.WriteString("type", "string"), () => Ref(json, "script"));
                json.WriteEndObject();
                break;
            case "tests":
                ArrayOf(json, () => Ref(json, "test"));
                break;
            case "extends":
                Texts(json);
                break;
            case "isolation":
                Object(json, Settings.IsolationKeys, [], isolation => IsolationKey(json, isolation));
                break;
            case "limits":
                Object(json, Settings.LimitsKeys, [], limit => LimitKey(json, limit));
                break;
            default:
                json.WriteString("type", "string");
                break;
        }

        json.WriteEndObject();
    }

    private static void ActionKey(Utf8JsonWriter json, string key)
    {
        switch (key)
        {
            case "action": Enumeration(json, Settings.Actions); break;
            case "errno": OneOf(json, () => Enumeration(json, [.. Errnos.Names]), () => json.WriteString("type", "integer")); break;
            case "timeout": OneOf(json, () => json.WriteString("type", "string"), () => json.WriteString("type", "number")); break;
            case "on_timeout": Enumeration(json, ["allow", "not_allow", "deny"]); break;
            case "set": Object(json, Settings.SetKeys, [], _ => Scalar(json)); break;
            default: json.WriteString("type", "string"); break;
        }
    }

    private static void IsolationKey(Utf8JsonWriter json, string key)
    {
        switch (key)
        {
            case "namespaces": ArrayOf(json, () => Enumeration(json, Confine.NamespaceNames.All)); break;
            case "net": Enumeration(json, NetworkNames.All); break;
            case "read_only" or "hidden" or "writable" or "scrub_environment": Texts(json); break;
            case "capabilities": ArrayOf(json, () => Enumeration(json, Confine.CapabilityNames.All)); break;
            case "private_tmp": json.WriteString("type", "boolean"); break;
            case "paths": Object(json, Settings.PathsKeys, [], _ => Texts(json)); break;
            case "ports": Object(json, Settings.PortsKeys, [], _ => ArrayOf(json, () => json.WriteString("type", "integer"))); break;
            case "code": Object(json, Settings.CodeKeys, [], code => CodeKey(json, code)); break;
            default: json.WriteString("type", "string"); break;
        }
    }

    private static void CodeKey(Utf8JsonWriter json, string key)
    {
        switch (key)
        {
            case "write_xor_execute":
                json.WriteString("type", "boolean");
                break;
            case "only_from":
                Texts(json);
                break;
            default:
                json.WriteString("type", "object");
                Define(json, "additionalProperties", () => json.WriteString("type", "string"));
                break;
        }
    }

    private static void LimitKey(Utf8JsonWriter json, string key)
    {
        switch (key)
        {
            case "core_dumps": json.WriteString("type", "boolean"); break;
            case "action": Enumeration(json, Settings.LimitActions); break;
            case "cpu_share" or "processes" or "open_files": json.WriteString("type", "integer"); break;
            default: Scalar(json); break;
        }
    }

    private static void RowKey(Utf8JsonWriter json, string key)
    {
        switch (key)
        {
            case "enabled": json.WriteString("type", "boolean"); break;
            case "on": OneOf(json, () => Ref(json, "operation"), () => ArrayOf(json, () => Ref(json, "operation"))); break;
            case "when": OneOf(json, () => json.WriteString("type", "string"), () => ArrayOf(json, () => Ref(json, "condition"))); break;
            default: ActionKey(json, key); break;
        }
    }

    private static void ConditionKey(Utf8JsonWriter json, string key)
    {
        switch (key)
        {
            case "enabled": json.WriteString("type", "boolean"); break;
            case "boolean_operator": Enumeration(json, ["and", "or", "And", "Or"]); break;
            case "match_type": Enumeration(json, [.. FieldCatalogue.All.Select(f => f.Name), "script"]); break;
            case "match_relationship": Enumeration(json, Relations.Names); break;
            default: OneOf(json, () => Scalar(json), () => ArrayOf(json, () => Scalar(json))); break;
        }
    }

    private static void ScriptKey(Utf8JsonWriter json, string key)
    {
        if (key is "file" or "code")
            json.WriteString("type", "string");
        else
            Scalar(json);
    }

    private static void TestKey(Utf8JsonWriter json, string key)
    {
        switch (key)
        {
            case "expect": Enumeration(json, ["allow", "not_allow", "deny", "ask", "kill"]); break;
            case "domain": Texts(json); break;
            case "launch": json.WriteString("type", "boolean"); break;
            case "call" or "rule" or "note": json.WriteString("type", "string"); break;
            default: Scalar(json); break;
        }
    }

    // The words are there for completion; any name of a system call is right, too.
    private static void Operation(Utf8JsonWriter json, ICatalogue catalogue)
    {
        List<string> names = [.. Operations.EveryCallNames, .. Operations.All.Select(o => o.Name), "sockconnect"];
        foreach (SyscallShape shape in catalogue.Syscalls)
            names.Add(Operations.Find(shape.Name) is null ? shape.Name : "syscall:" + shape.Name);
        OneOf(json, () => Enumeration(json, names), () => json.WriteString("pattern", "^syscall:"));
    }

    private static void Define(Utf8JsonWriter json, string name, Action write)
    {
        json.WriteStartObject(name);
        write();
        json.WriteEndObject();
    }

    private static void Object(Utf8JsonWriter json, IReadOnlyList<string> keys, IReadOnlyList<string> required, Action<string> write)
    {
        json.WriteString("type", "object");
        json.WriteBoolean("additionalProperties", false);
        if (required.Count > 0)
        {
            json.WriteStartArray("required");
            foreach (string key in required)
                json.WriteStringValue(key);
            json.WriteEndArray();
        }

        json.WriteStartObject("properties");
        foreach (string key in keys)
            Define(json, key, () => write(key));
        json.WriteEndObject();
    }

    private static void Enumeration(Utf8JsonWriter json, IReadOnlyList<string> words)
    {
        json.WriteStartArray("enum");
        foreach (string word in words)
            json.WriteStringValue(word);
        json.WriteEndArray();
    }

    private static void OneOf(Utf8JsonWriter json, Action first, Action second)
    {
        json.WriteStartArray("anyOf");
        foreach (Action write in (ReadOnlySpan<Action>)[first, second])
        {
            json.WriteStartObject();
            write();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void ArrayOf(Utf8JsonWriter json, Action item)
    {
        json.WriteString("type", "array");
        Define(json, "items", item);
    }

    private static void Texts(Utf8JsonWriter json) =>
        OneOf(json, () => json.WriteString("type", "string"), () => ArrayOf(json, () => json.WriteString("type", "string")));

    private static void Scalar(Utf8JsonWriter json)
    {
        json.WriteStartArray("type");
        json.WriteStringValue("string");
        json.WriteStringValue("number");
        json.WriteEndArray();
    }

    private static void Ref(Utf8JsonWriter json, string definition) => json.WriteString("$ref", "#/definitions/" + definition);
}
