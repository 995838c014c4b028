using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Sandgate.Cli;

/// <summary>What a verb other than <c>run</c> has to say: on standard output, for people or for programs.</summary>
internal sealed class Output
{
    private static readonly JsonWriterOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, Indented = true };

    private readonly bool _colour = !Console.IsOutputRedirected && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));
    private readonly StringBuilder _text = new();

    public void Line(string text = "") => _text.Append(text).Append('\n');

    public string Red(string text) => Shade("31", text);

    public string Green(string text) => Shade("32", text);

    public string Yellow(string text) => Shade("33", text);

    public string Bold(string text) => Shade("1", text);

    public string Dim(string text) => Shade("2", text);

    private string Shade(string code, string text) => _colour ? $"\e[{code}m{text}\e[0m" : text;

    /// <summary>Prints what was said.</summary>
    public void Print()
    {
        using Stream output = Console.OpenStandardOutput();
        output.Write(Encoding.UTF8.GetBytes(_text.ToString()));
    }

    /// <summary>Prints one JSON value.</summary>
    public static void Json(Action<Utf8JsonWriter> write)
    {
        using Stream output = Console.OpenStandardOutput();
        using (Utf8JsonWriter json = new(output, s_options))
            write(json);
        output.Write("\n"u8);
    }
}
