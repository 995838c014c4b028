using System.Text;
using System.Text.Json;
using Sandgate.Core.Decide.Conditions;
using Sandgate.Core.Decide.Scripts;

namespace Sandgate.Core.Decide.Language;

/// <summary>Reads <c>scripts</c>: the script matchers that rules may name.</summary>
internal static class ScriptsReader
{
    private const long MostBytes = 1L << 30;
    private const int LongestScript = 1 << 20;

    /// <summary>The context with the scripts of a file, whose reader is at its first brace.</summary>
    /// <param name="json">The file, by value: the caller's place stays where it is.</param>
    /// <param name="fileName">The file's name.</param>
    /// <param name="context">The context so far.</param>
    public static ReaderContext Read(JsonText json, string fileName, ReaderContext context)
    {
        if (!json.SeekKey("scripts") || !json.Expect(JsonTokenType.StartObject, "\"scripts\"", "write { \"name\": { \"file\": \"name.lua\" } }"))
            return context;
        Dictionary<string, ScriptMatches> scripts = new(context.Scripts, StringComparer.Ordinal);
        Dictionary<string, SourcePlace> seen = new(StringComparer.Ordinal);
        while (json.NextKey(seen, out string name, out SourcePlace place))
        {
            if (ReadScript(ref json, name, place, fileName, context) is { } script)
                scripts[name] = script;
        }

        return context with { Scripts = scripts };
    }

    private static ScriptMatches? ReadScript(ref JsonText json, string name, SourcePlace place, string fileName, ReaderContext context)
    {
        string? file = null, code = null;
        SourcePlace filePlace = place;
        ScriptLimits limits = ScriptLimits.Default;
        int before = json.Problems.Count;
        if (json.Kind == JsonTokenType.String)
            file = json.Text();
        else if (!json.Expect(JsonTokenType.StartObject, "a script", "write { \"file\": \"name.lua\" } or { \"code\": \"function matcher(call) … end\" }"))
            return null;
        else
        {
            Dictionary<string, SourcePlace> seen = new(StringComparer.Ordinal);
            while (json.NextKey(seen, out string key, out SourcePlace keyPlace))
            {
                switch (key)
                {
                    case "file":
                        filePlace = json.Place();
                        file = json.Expect(JsonTokenType.String, "\"file\"") ? json.Text() : null;
                        break;
                    case "code":
                        code = json.Expect(JsonTokenType.String, "\"code\"") ? json.Text() : null;
                        break;
                    case "instructions":
                        limits = limits with { Instructions = (int)ReadCount(ref json, key, int.MaxValue) };
                        break;
                    case "memory":
                        limits = limits with { Bytes = ReadCount(ref json, key, MostBytes) };
                        break;
                    case "time":
                        limits = limits with { Time = ActionReader.ReadDuration(ref json) ?? limits.Time };
                        break;
                    default:
                        json.ReportKey(key, keyPlace, Settings.ScriptKeys, []);
                        break;
                }
            }
        }

        if (json.Problems.Count == before && (file is null) == (code is null))
            json.Report(place, $"the script {Words.Quote(name)} needs \"file\" or \"code\", and not both");
        if (context.ScriptEngine is null)
            json.Report(place, "scripts are not available here");
        if (json.Problems.Count > before)
            return null;
        return Compile(ref json, name, file, code, file is null ? place : filePlace, fileName, limits, context);
    }

    private static ScriptMatches? Compile(
        ref JsonText json, string name, string? file, string? code, SourcePlace place, string fileName, ScriptLimits limits, ReaderContext context)
    {
        try
        {
            if (file is not null)
            {
                byte[] bytes = context.Open(file, fileName).Bytes;
                if (bytes.Length > LongestScript)
                    throw new IOException("longer than 1 MiB");
                code = Encoding.UTF8.GetString(bytes);
            }

            return ScriptMatches.Of(context.ScriptEngine!.Compile(new(name, file ?? name, code!, limits, context.OnScriptFailure)), code!);
        }
        catch (IOException e)
        {
            json.Report(place, $"the script {Words.Quote(name)} can't be read: {e.Message}");
        }
        catch (PatternException e)
        {
            json.Report(place, $"in the script {Words.Quote(name)}: {e.Message}", e.Advice);
        }

        return null;
    }

    private static long ReadCount(ref JsonText json, string key, long most)
    {
        SourcePlace place = json.Place();
        string text = json.Scalar($"\"{key}\"") ?? "1";
        long unit = text is [.., 'K'] ? 1 << 10 : text is [.., 'M'] ? 1 << 20 : 1;
        if (long.TryParse(text.AsSpan().TrimEnd("KM"), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out long number)
            && number > 0 && number <= most / unit)
            return number * unit;
        json.Report(place, $"\"{key}\" must be a whole number from 1 to {most}");
        return 1;
    }
}
