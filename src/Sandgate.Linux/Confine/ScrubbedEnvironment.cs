using Sandgate.Core.Decide.Language;
using Sandgate.Core.Decode;

namespace Sandgate.Linux.Confine;

/// <summary>The environment without the variables that the program isn't to get.</summary>
internal static class ScrubbedEnvironment
{
    /// <summary>Leaves out every variable whose name one of the globs matches.</summary>
    /// <param name="environment">The variables, as <c>NAME=value</c>.</param>
    /// <param name="globs">Globs of names.</param>
    public static List<byte[]> Of(List<byte[]> environment, IEnumerable<string> globs)
    {
        Glob[] scrubbed = [.. globs.Select(Glob.Parse)];
        return scrubbed.Length == 0 ? environment : environment.FindAll(variable => !Array.Exists(scrubbed, glob => glob.IsMatch(NameOf(variable))));
    }

    // What has no "=" is no variable for getenv(3), but a program that reads its environ sees it all the same.
    private static string NameOf(byte[] variable)
    {
        int end = Array.IndexOf(variable, (byte)'=');
        return TargetText.FromBytes(end < 0 ? variable : variable.AsSpan(0, end));
    }
}
