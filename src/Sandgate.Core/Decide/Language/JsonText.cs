using System.Text.Json;

namespace Sandgate.Core.Decide.Language;

/// <summary>The file while it is read: tokens, their places, and the problems found so far.</summary>
internal ref struct JsonText
{
    /// <summary>Objects and arrays inside each other; the language itself needs four.</summary>
    public const int MaxDepth = 32;

    private const int MostProblems = 100;

    private readonly string _file;
    private readonly ReadOnlySpan<byte> _utf8;
    private readonly List<Problem> _problems = [];
    private Utf8JsonReader _reader;
    private PlaceFinder _places;

    public JsonText(string file, ReadOnlySpan<byte> utf8)
    {
        _file = file;
        _utf8 = utf8;
        _reader = new Utf8JsonReader(utf8, new JsonReaderOptions
        {
            CommentHandling = JsonCommentHandling.Skip,
            AllowTrailingCommas = true,
            MaxDepth = MaxDepth,
        });
        _places = new PlaceFinder(file, utf8);
    }

    /// <summary>What was found wrong so far.</summary>
    public readonly IReadOnlyList<Problem> Problems => _problems;

    /// <summary>The current token.</summary>
    public readonly JsonTokenType Kind => _reader.TokenType;

    /// <summary>Goes to the next token; false at the file's end.</summary>
    public bool Read() => _reader.Read();

    /// <summary>Where the current token stands.</summary>
    public SourcePlace Place() => _places.At((int)_reader.TokenStartIndex);

    /// <summary>The current token's number, when it is a whole one.</summary>
    public readonly bool TryGetInteger(out int value) => _reader.TryGetInt32(out value);

    /// <summary>The current token's string.</summary>
    public string Text()
    {
        try
        {
            return _reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw HalfCharacter();
        }
    }

    private ConfigException HalfCharacter() => Stop(new Problem(Place(), "an escape stands for half a character: \\ud800 to \\udfff come in pairs"));

    /// <summary>Goes past the current value.</summary>
    public void Skip() => _reader.Skip();

    /// <summary>
    /// Goes to the next key of the current object and on to its value; false at the object's end.
    /// A key that was seen before is a problem and is passed over.
    /// </summary>
    public bool NextKey(Dictionary<string, SourcePlace> seen, out string key, out SourcePlace place)
    {
        while (Read() && Kind == JsonTokenType.PropertyName)
        {
            place = Place();
            key = Text();
            Read();
            if (seen.TryAdd(key, place))
                return true;
            Report(place, $"duplicate key {Words.Quote(key)}; the first is at {seen[key]}");
            Skip();
        }

        key = "";
        place = default;
        return false;
    }

    /// <summary>Goes to the value of a key of the current object; false when it has no such key. For a copy of the reader that only looks ahead.</summary>
    public bool SeekKey(string wanted)
    {
        while (Read() && Kind == JsonTokenType.PropertyName)
        {
            bool found = IsText(wanted);
            Read();
            if (found)
                return true;
            Skip();
        }

        return false;
    }

    private bool IsText(string wanted)
    {
        try
        {
            return _reader.ValueTextEquals(wanted);
        }
        catch (InvalidOperationException)
        {
            throw HalfCharacter();
        }
    }

    /// <summary>The current value's strings: one, or an array of them.</summary>
    public List<(string Text, SourcePlace Place)> Strings(string what, string advice)
    {
        List<(string, SourcePlace)> strings = [];
        if (Kind == JsonTokenType.String)
            strings.Add((Text(), Place()));
        else if (Kind != JsonTokenType.StartArray)
            Expect(JsonTokenType.StartArray, what, advice);
        else
        {
            while (Read() && Kind != JsonTokenType.EndArray)
            {
                if (Expect(JsonTokenType.String, "each of " + what, advice))
                    strings.Add((Text(), Place()));
            }
        }

        return strings;
    }

    /// <summary>The current value as true or false; null when it is neither, which is then reported.</summary>
    public bool? ReadSwitch(string what)
    {
        if (Kind is JsonTokenType.True or JsonTokenType.False)
            return Kind == JsonTokenType.True;
        Report(Place(), $"{what} must be true or false, not {Words.KindOf(Kind)}");
        Skip();
        return null;
    }

    /// <summary>A string or number as text; null when it is neither, which is then reported.</summary>
    public string? Scalar(string what)
    {
        if (Kind == JsonTokenType.String)
            return Text();
        if (Kind == JsonTokenType.Number)
            return System.Text.Encoding.ASCII.GetString(_reader.ValueSpan);
        Report(Place(), $"{what} must be a string or a number, not {Words.KindOf(Kind)}");
        Skip();
        return null;
    }

    /// <summary>Whether the current value is of this kind; if not, that is reported and the value passed over.</summary>
    public bool Expect(JsonTokenType kind, string what, string? advice = null)
    {
        if (Kind == kind)
            return true;
        Report(Place(), $"{what} must be {Words.KindOf(kind)}, not {Words.KindOf(Kind)}", advice);
        Skip();
        return false;
    }

    /// <summary>Reports a key that the language doesn't have, or doesn't have yet, and passes its value over.</summary>
    public void ReportKey(string key, SourcePlace place, IReadOnlyList<string> known, IReadOnlyList<string> later)
    {
        if (later.Contains(key))
            Report(place, Words.NotAvailable(key));
        else
            Report(place, $"unknown key {Words.Quote(key)}", Suggestion.For(key, [.. known, .. later]));
        Skip();
    }

    /// <summary>Remembers a problem and goes on, unless there are too many.</summary>
    public readonly void Report(SourcePlace place, string reason, string? advice = null) => Report(new Problem(place, reason, advice));

    /// <inheritdoc cref="Report(SourcePlace, string, string?)"/>
    public readonly void Report(Problem problem)
    {
        _problems.Add(problem);
        if (_problems.Count == MostProblems)
            throw Stop(new Problem(problem.Place, "too many problems; the rest of the file was not looked at"));
    }

    /// <summary>The exception for text that is not JSON, with everything found before.</summary>
    public ConfigException SyntaxError(JsonException error)
    {
        int at = OffsetOf(error);
        return Stop(new Problem(_places.At(at), SyntaxWords.Of(_utf8, at, _reader.TokenType, _reader.CurrentDepth)));
    }

    private readonly ConfigException Stop(Problem problem)
    {
        _problems.Add(problem);
        return new ConfigException(_problems);
    }

    private readonly int OffsetOf(JsonException error)
    {
        int start = 0;
        for (long line = error.LineNumber ?? 0; line > 0; line--)
        {
            int end = _utf8[start..].IndexOf((byte)'\n');
            if (end < 0)
                break;
            start += end + 1;
        }

        return (int)Math.Min(_utf8.Length, start + (error.BytePositionInLine ?? 0));
    }
}
