using System.Globalization;
using System.Text.Json;
using Sandgate.Core.Confine;

namespace Sandgate.Core.Decide.Language;

/// <summary>Reads <c>limits</c>.</summary>
internal static class LimitsReader
{
    private const int MostCount = 1 << 30, MostCpus = 4096, MostShare = 10_000;

    /// <summary>Reads the current value.</summary>
    public static Limits Read(ref JsonText json)
    {
        Limits limits = Limits.None;
        if (!json.Expect(JsonTokenType.StartObject, "\"limits\"", "write { \"memory\": \"512M\", \"time\": \"30s\" }"))
            return limits;
        Dictionary<string, SourcePlace> seen = new(StringComparer.Ordinal);
        while (json.NextKey(seen, out string key, out SourcePlace place))
        {
            switch (key)
            {
                case "memory": limits = limits with { Memory = ReadBytes(ref json, key) }; break;
                case "cpus": limits = limits with { Cpus = ReadCpus(ref json) }; break;
                case "cpu_share": limits = limits with { CpuShare = ReadCount(ref json, key, MostShare) }; break;
                case "processes": limits = limits with { Processes = ReadCount(ref json, key, MostCount) }; break;
                case "time": limits = limits with { Time = ActionReader.ReadDuration(ref json) }; break;
                case "cpu_time": limits = limits with { CpuTime = ActionReader.ReadDuration(ref json) }; break;
                case "file_size": limits = limits with { FileSize = ReadBytes(ref json, key) }; break;
                case "open_files": limits = limits with { OpenFiles = ReadCount(ref json, key, MostCount) }; break;
                case "disk_written": limits = limits with { DiskWritten = ReadBytes(ref json, key) }; break;
                case "network": limits = limits with { Network = ReadBytes(ref json, key) }; break;
                case "core_dumps": limits = limits with { CoreDumps = json.ReadSwitch("\"core_dumps\"") }; break;
                case "action": limits = limits with { Action = ReadAction(ref json) }; break;
                default: json.ReportKey(key, place, Settings.LimitsKeys, []); break;
            }
        }

        return limits;
    }

    private static long? ReadBytes(ref JsonText json, string key)
    {
        SourcePlace place = json.Place();
        if (json.Scalar($"\"{key}\"") is not { } text)
            return null;
        if (Quantity.Bytes(text) is { } bytes)
            return bytes;
        json.Report(place, $"not a number of bytes: {Words.Quote(text)}", "write one such as \"512M\" or \"2G\"");
        return null;
    }

    private static int? ReadCount(ref JsonText json, string key, int most)
    {
        SourcePlace place = json.Place();
        if (json.Scalar($"\"{key}\"") is not { } text)
            return null;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count >= 1 && count <= most)
            return count;
        json.Report(place, $"\"{key}\" must be a whole number from 1 to {most}");
        return null;
    }

    private static double? ReadCpus(ref JsonText json)
    {
        SourcePlace place = json.Place();
        if (json.Scalar("\"cpus\"") is not { } text)
            return null;
        if (double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double cpus) && cpus is >= 0.01 and <= MostCpus)
            return cpus;
        json.Report(place, "\"cpus\" must be a number of processors, at least 0.01", "write one such as 0.5 for half of one");
        return null;
    }

    private static LimitAction? ReadAction(ref JsonText json)
    {
        SourcePlace place = json.Place();
        if (!json.Expect(JsonTokenType.String, "\"action\"", $"write {Words.Choice(Settings.LimitActions)}"))
            return null;
        for (int i = 0; i < Settings.LimitActions.Count; i++)
        {
            if (Settings.LimitActions[i] == json.Text())
                return (LimitAction)i;
        }

        json.Report(place, $"unknown value {Words.Quote(json.Text())} of \"action\"", Suggestion.For(json.Text(), Settings.LimitActions) ?? $"write {Words.Choice(Settings.LimitActions)}");
        return null;
    }
}
