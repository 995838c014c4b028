using Sandgate.Core.Decide;
using Sandgate.Core.Decide.Check;
using Sandgate.Core.Decide.Language;

namespace Sandgate.Cli;

/// <summary>Reads the rules of a run again when their files have changed.</summary>
internal sealed class RuleReloader(RuleSources sources, IReadOnlyList<string> files)
{
    private List<string> _files = [.. files];
    private (DateTime Written, long Length)[] _state = StateOf(files);

    /// <summary>The rules as the files say now; null when no file has changed since they were last loaded.</summary>
    /// <exception cref="ConfigException">A rule is wrong, or a test of the rules fails.</exception>
    /// <exception cref="IOException">A file can't be read.</exception>
    public (RuleSet Rules, IReadOnlyList<string> Files)? ReadIfChanged()
    {
        (DateTime, long)[] state = StateOf(_files);
        if (state.AsSpan().SequenceEqual(_state))
            return null;

        // Until they load, every call tries: what they lacked may be in a file that none of them named before.
        _state = [];
        LoadedRules rules = RuleLoader.Load(sources);
        RefuseWhatFailsItself(rules.Rules);

        // What changed while they were read may not have been read: of files known before, their state from before counts.
        (DateTime, long)[] after = StateOf(rules.Files);
        for (int i = 0; i < after.Length; i++)
        {
            if (_files.IndexOf(rules.Files[i]) is >= 0 and var known)
                after[i] = state[known];
        }

        (_files, _state) = ([.. rules.Files], after);
        return (rules.Rules, rules.Files);
    }

    /// <summary>What a configuration expects of itself and doesn't do, it doesn't do to the program either.</summary>
    /// <exception cref="ConfigException">A test fails, or a rule is not as binding as "strict" demands.</exception>
    public static void RefuseWhatFailsItself(RuleSet rules)
    {
        List<Problem> wrong = [.. PolicyTests.Run(rules)];
        if (wrong.Count > 0 && Platform.CurrentDirectory == "/")
            wrong = wrong.ConvertAll(p => p with { Advice = "the current directory is /, so that ./* is every file: start in another one (in a container: WORKDIR, workingDir, docker run -w)" });
        wrong.AddRange(Labels.RefuseRacy(rules, Platform.Catalogue()));
        if (wrong.Count > 0)
            throw new ConfigException(wrong);
    }

    private static (DateTime Written, long Length)[] StateOf(IReadOnlyList<string> files)
    {
        (DateTime, long)[] states = new (DateTime, long)[files.Count];
        for (int i = 0; i < states.Length; i++)
        {
            FileInfo file = new(files[i]);
            states[i] = (file.LastWriteTimeUtc, file.Exists ? file.Length : -1);
        }

        return states;
    }
}
