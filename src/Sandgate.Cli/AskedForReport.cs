using System.Globalization;
using System.Text.Json;
using Sandgate.Core.Confine;
using Sandgate.Core.Decode;

namespace Sandgate.Cli;

/// <summary>What a configuration asks for beside rules, as text and as JSON.</summary>
internal static class AskedForReport
{
    /// <summary>A heading, and a line for each thing; nothing when nothing is asked for.</summary>
    public static void Print(Output output, string heading, IReadOnlyList<(string Key, object Value)> asked)
    {
        if (asked.Count == 0)
            return;
        output.Line(output.Bold(heading));
        int width = asked.Max(a => a.Key.Length);
        foreach ((string key, object value) in asked)
            output.Line($"  {key.PadRight(width)}  {CallText.Printable(TextOf(key, value))}");
    }

    /// <summary>An object of that name; amounts are bytes, times are seconds.</summary>
    public static void Write(Utf8JsonWriter json, string name, IReadOnlyList<(string Key, object Value)> asked)
    {
        json.WriteStartObject(name);
        foreach ((string key, object value) in asked)
        {
            switch (value)
            {
                case IReadOnlyList<(string, object)> group: Write(json, key, group); break;
                case IEnumerable<string> texts: WriteTexts(json, key, texts); break;
                case bool on: json.WriteBoolean(key, on); break;
                case TimeSpan time: json.WriteNumber(key, time.TotalSeconds); break;
                case string text: json.WriteString(key, text); break;
                default: json.WriteNumber(key, Convert.ToDouble(value, CultureInfo.InvariantCulture)); break;
            }
        }

        json.WriteEndObject();
    }

    private static void WriteTexts(Utf8JsonWriter json, string key, IEnumerable<string> texts)
    {
        json.WriteStartArray(key);
        foreach (string text in texts)
            json.WriteStringValue(text);
        json.WriteEndArray();
    }

    private static string TextOf(string key, object value) => value switch
    {
        IReadOnlyList<(string Key, object Value)> group => string.Join("; ", group.Select(g => $"{g.Key} {TextOf(g.Key, g.Value)}")),
        string text => text,
        IEnumerable<string> texts => texts.Any() ? string.Join(", ", texts) : key == "capabilities" ? "none are kept" : "none",
        bool on => on ? "yes" : "no",
        TimeSpan time => Quantity.OfTime(time),
        long bytes => Quantity.OfBytes(bytes),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };
}
