using Sandgate.Core.Decide;
using Sandgate.Core.Decide.Language;

namespace Sandgate.Cli;

/// <summary>Reads the rules of a run again when their files have changed.</summary>
internal sealed class RuleReloader(RuleSources sources, IReadOnlyList<string> files)
{
    private IReadOnlyList<string> _files = files;
    private (DateTime Written, long Length)[] _state = StateOf(files);

    /// <summary>The rules as the files say now; null when no file has changed since they were last looked at.</summary>
    /// <exception cref="ConfigException">A rule is wrong, or a test of the rules fails.</exception>
    /// <exception cref="IOException">A file can't be read.</exception>
    public (RuleSet Rules, IReadOnlyList<string> Files)? ReadIfChanged()
    {
        (DateTime, long)[] state = StateOf(_files);
        if (state.AsSpan().SequenceEqual(_state))
            return null;
        _state = state;
        LoadedRules rules = RuleLoader.Load(sources);
        RefuseWhatFailsItself(rules.Rules);
        _files = rules.Files;
        _state = StateOf(_files);
        return (rules.Rules, rules.Files);
    }

    /// <summary>What a configuration expects of itself and doesn't do, it doesn't do to the program either.</summary>
    /// <exception cref="ConfigException">A test fails.</exception>
    public static void RefuseWhatFailsItself(RuleSet rules)
    {
        List<Problem> wrong = [.. PolicyTests.Run(rules)];
        if (wrong.Count > 0)
            throw new ConfigException(wrong);
    }

    private static (DateTime Written, long Length)[] StateOf(IReadOnlyList<string> files) =>
        [.. files.Select(f => new FileInfo(f)).Select(f => (f.LastWriteTimeUtc, f.Exists ? f.Length : -1))];
}
