using System.Globalization;

namespace Sandgate.Linux;

/// <summary>The machine and its user.</summary>
public static class Host
{
    /// <summary>What a record says of them.</summary>
    public static IReadOnlyDictionary<string, string> Facts() => new Dictionary<string, string>
    {
        ["name"] = Line("/proc/sys/kernel/hostname"),
        ["system"] = "linux",
        ["kernel"] = Line("/proc/sys/kernel/osrelease"),
        ["architecture"] = System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant(),
        ["uid"] = Interop.Libc.Call(Interop.SyscallNumbers.geteuid).ToString(CultureInfo.InvariantCulture),
        ["pid"] = Environment.ProcessId.ToString(CultureInfo.InvariantCulture),
    };

    private static string Line(string file)
    {
        try
        {
            return File.ReadAllText(file).Trim();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
