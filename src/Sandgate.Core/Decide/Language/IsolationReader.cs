using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Sandgate.Core.Confine;

namespace Sandgate.Core.Decide.Language;

/// <summary>Reads <c>isolation</c>.</summary>
internal static class IsolationReader
{
    private const int HighestPort = 65535, HighestMask = 0x1ff, HashDigits = 64;

    /// <summary>Reads the current value.</summary>
    public static Isolation Read(ref JsonText json, ReaderContext context)
    {
        Isolation isolation = Isolation.None;
        if (!json.Expect(JsonTokenType.StartObject, "\"isolation\"", "write { \"namespaces\": [\"pid\", \"net\"] }"))
            return isolation;
        Dictionary<string, SourcePlace> seen = new(StringComparer.Ordinal);
        while (json.NextKey(seen, out string key, out SourcePlace place))
        {
            isolation = key switch
            {
                "namespaces" => isolation with { Namespaces = ReadNamespaces(ref json) },
                "net" => isolation with { Network = ReadNetwork(ref json) },
                "root" => isolation with { Files = isolation.Files with { Root = ReadPath(ref json, key, context) } },
                "overlay" => isolation with { Files = isolation.Files with { Overlay = ReadPath(ref json, key, context) } },
                "read_only" => isolation with { Files = isolation.Files with { ReadOnly = ReadPaths(ref json, key, context) } },
                "hidden" => isolation with { Files = isolation.Files with { Hidden = ReadPaths(ref json, key, context) } },
                "writable" => isolation with { Files = isolation.Files with { Writable = ReadPaths(ref json, key, context) } },
                "private_tmp" => isolation with { Files = isolation.Files with { PrivateTmp = json.ReadSwitch("\"private_tmp\"") } },
                "hostname" => isolation with { HostName = ReadText(ref json, key) },
                "capabilities" => isolation with { Capabilities = ReadCapabilities(ref json) },
                "scrub_environment" => isolation with { ScrubbedVariables = ReadGlobs(ref json, "scrub_environment", "write [\"AWS_*\", \"*_TOKEN\"]") },
                "umask" => isolation with { Umask = ReadUmask(ref json) },
                "paths" => isolation with { Paths = isolation.Paths.Then(ReadKernelPaths(ref json, context)) },
                "ports" => isolation with { Paths = isolation.Paths.Then(ReadPorts(ref json)) },
                "code" => isolation with { Code = ReadCode(ref json, context) },
                _ => Unknown(ref json, key, place, isolation),
            };
        }

        return isolation;
    }

    private static Isolation Unknown(ref JsonText json, string key, SourcePlace place, Isolation isolation)
    {
        json.ReportKey(key, place, Settings.IsolationKeys, []);
        return isolation;
    }

    private static Namespaces ReadNamespaces(ref JsonText json)
    {
        Namespaces set = Namespaces.None;
        foreach ((string word, SourcePlace place) in json.Strings("\"namespaces\"", "write [\"pid\", \"net\"]"))
        {
            if (NamespaceNames.Find(word) is { } found)
                set |= found;
            else
                json.Report(place, $"unknown namespace {Words.Quote(word)}", Suggestion.For(word, NamespaceNames.All) ?? $"write {Words.Choice(NamespaceNames.All)}");
        }

        return set;
    }

    private static NetworkAccess? ReadNetwork(ref JsonText json)
    {
        SourcePlace place = json.Place();
        string? word = ReadText(ref json, "net");
        NetworkAccess? found = NetworkNames.Find(word);
        if (word is not null && found is null)
            json.Report(place, $"unknown value {Words.Quote(word)} of \"net\"", Suggestion.For(word, NetworkNames.All) ?? $"write {Words.Choice(NetworkNames.All)}");
        return found;
    }

    private static string? ReadText(ref JsonText json, string key) => json.Expect(JsonTokenType.String, $"\"{key}\"") ? json.Text() : null;

    private static string? ReadPath(ref JsonText json, string key, ReaderContext context) =>
        ReadText(ref json, key) is { } path ? Absolute(path, context) : null;

    private static ImmutableArray<string> ReadPaths(ref JsonText json, string key, ReaderContext context) =>
        [.. json.Strings($"\"{key}\"", "write [\"/usr\", \"~/project\"]").Select(s => Absolute(s.Text, context)).Distinct()];

    // What lies below is meant anyway, with or without the stars of a glob.
    private static string Absolute(string path, ReaderContext context)
    {
        path = path.EndsWith("/**", StringComparison.Ordinal) ? path[..^2] : path.EndsWith("/*", StringComparison.Ordinal) ? path[..^1] : path;
        if (context.HomeDirectory is { } home && (path == "~" || path.StartsWith("~/", StringComparison.Ordinal)))
            path = home + path[1..];
        string whole = Path.GetFullPath(path, context.StartDirectory);
        return whole.Length > 1 ? whole.TrimEnd('/') : whole;
    }

    private static ImmutableArray<string> ReadCapabilities(ref JsonText json)
    {
        ImmutableArray<string> kept = [];
        foreach ((string word, SourcePlace place) in json.Strings("\"capabilities\"", "write [\"net_bind_service\"]"))
        {
            string name = CapabilityNames.Plain(word);
            if (CapabilityNames.All.Contains(name))
                kept = kept.Add(name);
            else
                json.Report(place, $"unknown capability {Words.Quote(word)}", Suggestion.For(name, CapabilityNames.All));
        }

        return kept;
    }

    private static int? ReadUmask(ref JsonText json)
    {
        SourcePlace place = json.Place();
        if (ReadText(ref json, "umask") is not { } text)
            return null;
        if (text.Length is > 0 and <= 4 && text.All(c => c is >= '0' and <= '7') && Convert.ToInt32(text, 8) is var mask && mask <= HighestMask)
            return mask;
        json.Report(place, $"not a file mode creation mask: {Words.Quote(text)}", "write one such as \"022\"");
        return null;
    }

    private static KernelPaths ReadKernelPaths(ref JsonText json, ReaderContext context)
    {
        KernelPaths paths = new();
        if (!json.Expect(JsonTokenType.StartObject, "\"paths\"", "write { \"read\": [\"/usr\"], \"write\": [\"/tmp\"], \"execute\": [\"/usr/bin\"] }"))
            return paths;
        Dictionary<string, SourcePlace> seen = new(StringComparer.Ordinal);
        while (json.NextKey(seen, out string key, out SourcePlace place))
        {
            switch (key)
            {
                case "read": paths = paths with { Read = ReadPaths(ref json, key, context) }; break;
                case "write": paths = paths with { Write = ReadPaths(ref json, key, context) }; break;
                case "execute": paths = paths with { Execute = ReadPaths(ref json, key, context) }; break;
                default: json.ReportKey(key, place, Settings.PathsKeys, []); break;
            }
        }

        return paths;
    }

    private static KernelPaths ReadPorts(ref JsonText json)
    {
        KernelPaths ports = new();
        if (!json.Expect(JsonTokenType.StartObject, "\"ports\"", "write { \"connect\": [443], \"bind\": [] }"))
            return ports;
        Dictionary<string, SourcePlace> seen = new(StringComparer.Ordinal);
        while (json.NextKey(seen, out string key, out SourcePlace place))
        {
            switch (key)
            {
                case "bind": ports = ports with { Bind = ReadPortList(ref json, key) }; break;
                case "connect": ports = ports with { Connect = ReadPortList(ref json, key) }; break;
                default: json.ReportKey(key, place, Settings.PortsKeys, []); break;
            }
        }

        return ports;
    }

    private static ImmutableArray<int> ReadPortList(ref JsonText json, string key)
    {
        ImmutableArray<int> ports = [];
        if (!json.Expect(JsonTokenType.StartArray, $"\"{key}\"", "write [80, 443]"))
            return ports;
        while (json.Read() && json.Kind != JsonTokenType.EndArray)
        {
            SourcePlace place = json.Place();
            if (json.Scalar("a port") is { } text && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int port) && port <= HighestPort)
                ports = ports.Add(port);
            else
                json.Report(place, "a port must be a number from 0 to 65535");
        }

        return ports;
    }

    private static CodeLoading ReadCode(ref JsonText json, ReaderContext context)
    {
        CodeLoading code = new();
        if (!json.Expect(JsonTokenType.StartObject, "\"code\"", "write { \"write_xor_execute\": true, \"only_from\": [\"/usr/**\"] }"))
            return code;
        Dictionary<string, SourcePlace> seen = new(StringComparer.Ordinal);
        while (json.NextKey(seen, out string key, out SourcePlace place))
        {
            switch (key)
            {
                case "write_xor_execute": code = code with { WriteXorExecute = json.ReadSwitch("\"write_xor_execute\"") }; break;
                case "only_from": code = code with { OnlyFrom = ReadSources(ref json, context), FilesAt = place }; break;
                case "hashes": code = code with { Hashes = ReadHashes(ref json, context), FilesAt = place }; break;
                default: json.ReportKey(key, place, Settings.CodeKeys, []); break;
            }
        }

        return code;
    }

    // Rules are judged on real paths, people write the usual ones.
    private static ImmutableArray<string> ReadSources(ref JsonText json, ReaderContext context)
    {
        List<string> globs = [];
        foreach ((string glob, SourcePlace place) in json.Strings("\"only_from\"", "write [\"/usr/**\"]"))
        {
            if (!IsGlob(ref json, glob, place))
                continue;
            int wild = glob.AsSpan().IndexOfAny("*?[\\"), end = (wild < 0 ? glob : glob[..wild]).LastIndexOf('/');
            string rest = end < 0 ? "/" + glob : glob[end..], directory = Absolute(end < 0 ? "." : end == 0 ? "/" : glob[..end], context);
            globs.AddRange(new[] { directory, context.RealPath(directory) ?? directory }.Distinct().Select(d => Glob.Escape(d == "/" ? "" : d) + rest));
        }

        return [.. globs.Distinct()];
    }

    private static ImmutableArray<string> ReadGlobs(ref JsonText json, string key, string example)
    {
        List<string> globs = [];
        foreach ((string glob, SourcePlace place) in json.Strings($"\"{key}\"", example))
        {
            if (IsGlob(ref json, glob, place))
                globs.Add(glob);
        }

        return [.. globs];
    }

    private static bool IsGlob(ref JsonText json, string glob, SourcePlace place)
    {
        try
        {
            Glob.Parse(glob);
            return true;
        }
        catch (FormatException bad)
        {
            json.Report(place, $"{Words.Quote(glob)}: {bad.Message}");
            return false;
        }
    }

    private static Dictionary<string, string> ReadHashes(ref JsonText json, ReaderContext context)
    {
        Dictionary<string, string> hashes = new(StringComparer.Ordinal);
        if (!json.Expect(JsonTokenType.StartObject, "\"hashes\"", "write { \"/usr/bin/tool\": \"<SHA-256>\" }"))
            return hashes;
        Dictionary<string, SourcePlace> seen = new(StringComparer.Ordinal);
        while (json.NextKey(seen, out string path, out SourcePlace place))
        {
            if (ReadText(ref json, "hashes") is not { } hash)
                continue;
            if (hash.Length != HashDigits || !hash.All(char.IsAsciiHexDigit))
                json.Report(place, $"the hash of {Words.Quote(path)} must be a SHA-256: 64 hexadecimal digits");
            string whole = Absolute(path, context);
            hashes[context.RealPath(whole) ?? whole] = hash.ToLowerInvariant();
        }

        return hashes;
    }
}
