using Sandgate.Core.Decide;
using Sandgate.Core.Decide.Language;

namespace Sandgate.Cli;

/// <summary>Where the rules of a run come from.</summary>
/// <param name="Profiles">Built-in profiles, in the order given.</param>
/// <param name="Configs">Files, in the order given, laid over the profiles.</param>
/// <param name="Inline">Rules of the command line, last.</param>
/// <param name="Strict">True when rules that a hostile thread could get round are refused, whatever the files say.</param>
internal sealed record RuleSources(IReadOnlyList<string> Profiles, IReadOnlyList<string> Configs, IReadOnlyList<string> Inline, bool Strict = false);

/// <summary>The rules of a run and the real names of the files they come from.</summary>
internal sealed record LoadedRules(RuleSet Rules, IReadOnlyList<string> Files);

/// <summary>Collects the rules of a run: profiles, configuration files, then the rules of the command line.</summary>
internal sealed class RuleLoader
{
    /// <summary>The configuration that is used when none is named.</summary>
    public const string DefaultFile = "./config.json";

    private readonly List<string> _files = [];

    private string? _startDirectory;

    private RuleLoader()
    {
    }

    /// <summary>The same sources, with <c>./config.json</c> where nothing else is named.</summary>
    public static RuleSources WithDefault(RuleSources sources) =>
        sources.Configs.Count == 0 && sources.Profiles.Count == 0 && File.Exists(DefaultFile) ? sources with { Configs = [DefaultFile] } : sources;

    /// <summary>Loads them.</summary>
    /// <exception cref="ConfigException">A rule is wrong; nothing may run.</exception>
    /// <exception cref="IOException">A file can't be read; the message says which and why.</exception>
    public static LoadedRules Load(RuleSources sources) => Load(sources, default);

    /// <summary>Loads them as they would be if one of the files held something else.</summary>
    public static LoadedRules Load(RuleSources sources, (string File, byte[] Bytes) instead) => new RuleLoader().LoadAll(sources, instead);

    /// <summary>Loads them as if the run were started in another directory: relative patterns mean files there.</summary>
    public static LoadedRules LoadFor(RuleSources sources, string startDirectory) => new RuleLoader { _startDirectory = startDirectory }.LoadAll(sources, default);

    private LoadedRules LoadAll(RuleSources sources, (string File, byte[] Bytes) instead)
    {
        if (sources is { Profiles.Count: 0, Configs.Count: 0, Inline.Count: 0 })
            return new(RuleSet.Empty, []);
        List<SourceFile> files = [.. sources.Profiles.Select(Profiles.Read)];
        foreach (string config in sources.Configs)
            files.Add(config == instead.File ? new(config, instead.Bytes) : ReadFile(config, config));
        RuleSet rules = ConfigReader.ReadAll(files, sources.Inline, Context());
        return new(sources.Strict ? rules with { Strict = true } : rules, _files);
    }

    /// <summary>What the readers of rules must know of this machine.</summary>
    public static ReaderContext NewContext() => new RuleLoader().Context();

    private ReaderContext Context() => new(
        _startDirectory ?? Platform.CurrentDirectory, Platform.Home is ['/', ..] home ? home : null, Platform.RealPathOf, Platform.Catalogue())
    {
        Open = OpenNamed,
        ScriptEngine = Platform.ScriptEngine,
        OnScriptFailure = Messages.Say,
    };

    // A name without a slash or an ending is a profile; a path is relative to the file that names it.
    private SourceFile OpenNamed(string name, string from)
    {
        if (Profiles.IsName(name))
            return Profiles.Read(name);
        if (Profiles.IsPlace(from))
            throw new IOException("profiles can only extend profiles");
        string path = Path.IsPathRooted(name) ? name : Path.Join(Path.GetDirectoryName(Path.GetFullPath(from)), name);
        return ReadFile(path, Path.GetRelativePath(Directory.GetCurrentDirectory(), path) is var near && near.Length < path.Length ? near : path);
    }

    private SourceFile ReadFile(string path, string shown)
    {
        byte[] bytes = RuleFile.Read(path, shown);
        foreach (string name in RuleFile.NamesOf(Path.GetFullPath(path)))
        {
            if (!_files.Contains(name))
                _files.Add(name);
        }

        return new(shown, bytes);
    }
}
