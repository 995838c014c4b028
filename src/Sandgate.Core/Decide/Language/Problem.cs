namespace Sandgate.Core.Decide.Language;

/// <summary>Something wrong in a configuration.</summary>
/// <param name="Place">Where.</param>
/// <param name="Reason">What is wrong, in plain words.</param>
/// <param name="Advice">What to write instead, when that can be guessed.</param>
public sealed record Problem(SourcePlace Place, string Reason, string? Advice = null)
{
    /// <summary>One line: <c>config.json:4:13: unknown operation "opne"; did you mean "open"?</c></summary>
    public override string ToString() => Advice is null ? $"{Place}: {Reason}" : $"{Place}: {Reason}; {Advice}";
}

/// <summary>A configuration did not load. Nothing may run on it.</summary>
public sealed class ConfigException : Exception
{
    /// <summary>Makes the exception; its message has one line for each problem.</summary>
    public ConfigException(IReadOnlyList<Problem> problems)
        : base(string.Join('\n', problems)) => Problems = problems;

    /// <summary>Makes the exception for a single problem.</summary>
    public ConfigException(SourcePlace place, string reason, string? advice = null)
        : this([new Problem(place, reason, advice)])
    {
    }

    /// <summary>All that was found, in the order of the file. Never empty.</summary>
    public IReadOnlyList<Problem> Problems { get; }
}

/// <summary>A pattern could not be read.</summary>
public sealed class PatternException : Exception
{
    /// <summary>Makes the exception.</summary>
    public PatternException(string reason, string? advice = null)
        : base(reason) => Advice = advice;

    /// <summary>What to write instead, when that can be guessed.</summary>
    public string? Advice { get; }
}
