using Sandgate.Core.Decide;
using Sandgate.Core.Decide.Language;

namespace Sandgate.Cli;

/// <summary>The rules of a run and the files they come from.</summary>
internal sealed record LoadedRules(RuleSet Rules, IReadOnlyList<string> Files);

/// <summary>Collects the rules of a run: a configuration file, then the rules of the command line.</summary>
internal static class RuleLoader
{
    private const string DefaultFile = "config.json";

    // One byte more than the reader takes: enough for it to say that there is too much.
    private const int MostBytes = (8 << 20) + 1;

    /// <summary>Loads them.</summary>
    /// <exception cref="ConfigException">A rule is wrong; nothing may run.</exception>
    /// <exception cref="IOException">A file can't be read; the message says which and why.</exception>
    public static LoadedRules Load(IReadOnlyList<string> configs, IReadOnlyList<string> inline)
    {
        if (configs.Count > 1)
            throw new IOException("only one -c can be given in this version; nothing was run");
        string? file = configs.Count == 1 ? configs[0] : File.Exists(DefaultFile) ? "./" + DefaultFile : null;
        if (configs.Count == 0 && file is not null)
            Messages.Say("using the rules in ./config.json");
        if (file is null && inline.Count == 0)
            return new(RuleSet.Empty, []);

        ReaderContext context = new(
            Platform.CurrentDirectory, Platform.Home is ['/', ..] home ? home : null, Platform.RealPathOf, Platform.Catalogue());
        RuleSet rules = file is null ? RuleSet.Empty : ConfigReader.Read(file, ReadFile(file), context);
        rules = rules with { Rules = [.. rules.Rules, .. inline.Select((text, i) => InlineRule.Read(text, i + 1, context))] };
        return new(rules, file is null ? [] : NamesOf(Path.GetFullPath(file)));
    }

    // The file, and the link by which the user named it: a new link would be another configuration next time.
    private static List<string> NamesOf(string file)
    {
        List<string> names = [];
        if (Platform.RealPathOf(file) is { } real)
            names.Add(real);
        if (Platform.RealPathOf(Path.GetDirectoryName(file)!) is { } directory && Path.Join(directory, Path.GetFileName(file)) is var link && !names.Contains(link))
            names.Add(link);
        return names;
    }

    private static byte[] ReadFile(string name)
    {
        try
        {
            using FileStream stream = new(name, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            byte[] bytes = new byte[Math.Clamp(stream.CanSeek ? stream.Length : MostBytes, 4096, MostBytes)];
            int have = 0;
            while (have < bytes.Length && stream.Read(bytes, have, bytes.Length - have) is > 0 and var count)
                have += count;
            return bytes[..have];
        }
        catch (FileNotFoundException)
        {
            throw new IOException($"{name}: there is no such file; nothing was run");
        }
        catch (DirectoryNotFoundException)
        {
            throw new IOException($"{name}: there is no such directory; nothing was run");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"{name}: {(Directory.Exists(name) ? "is a directory, not a file of rules" : "can't be read")}; nothing was run", failure);
        }
    }
}
