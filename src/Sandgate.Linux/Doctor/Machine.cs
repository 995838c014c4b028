using System.Globalization;
using System.Runtime.InteropServices;
using Sandgate.Core.Doctor;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Doctor;

/// <summary>Finds out where and as whom Sandgate runs.</summary>
internal static class Machine
{
    private static readonly string[] s_groupNames = ["docker", "kubepods", "containerd", "libpod", "lxc", "crio"];

    /// <summary>Looks.</summary>
    public static MachineFacts Look()
    {
        Dictionary<string, string> status = Status();
        return new(
            Setting("/proc/sys/kernel/osrelease") ?? "unknown",
            RuntimeInformation.ProcessArchitecture == Architecture.X64 ? "x86_64" : RuntimeInformation.ProcessArchitecture.ToString(),
            Container(),
            Libc.Call(SyscallNumbers.geteuid),
            ulong.TryParse(status.GetValueOrDefault("CapEff"), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out ulong capabilities) ? capabilities : 0,
            status.GetValueOrDefault("NoNewPrivs") == "1",
            status.GetValueOrDefault("Seccomp") is "1" or "2",
            Setting("/proc/self/uid_map") is { } map && !map.Split(' ', StringSplitOptions.RemoveEmptyEntries).SequenceEqual(["0", "0", "4294967295"]));
    }

    /// <summary>A small file's text without the white space around it; null when it can't be read.</summary>
    public static string? Setting(string file)
    {
        try
        {
            return File.ReadAllText(file).Trim();
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static Dictionary<string, string> Status() =>
        (Setting("/proc/self/status") ?? "").Split('\n').Select(l => l.Split(":\t", 2)).Where(p => p.Length == 2).ToDictionary(p => p[0], p => p[1].Trim());

    private static string? Container()
    {
        if (File.Exists("/.dockerenv"))
            return "docker, by /.dockerenv";
        if (File.Exists("/run/.containerenv"))
            return "podman, by /run/.containerenv";
        if (!string.IsNullOrEmpty(Environment.GetEnvironmentVariable("KUBERNETES_SERVICE_HOST")))
            return "kubernetes, by KUBERNETES_SERVICE_HOST";
        if (Environment.GetEnvironmentVariable("container") is { Length: > 0 } name)
            return $"{name}, by the variable container";
        return (Setting("/proc/self/cgroup") ?? "").Split('\n').SelectMany(l => s_groupNames.Where(n => l.Contains(n, StringComparison.Ordinal))).FirstOrDefault() is { } found
            ? $"{found}, by /proc/self/cgroup"
            : null;
    }
}
