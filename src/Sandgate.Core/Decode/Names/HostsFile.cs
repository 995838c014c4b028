using System.Net;

namespace Sandgate.Core.Decode.Names;

/// <summary>The text of hosts(5): an address and its names on each line.</summary>
public static class HostsFile
{
    /// <summary>Every address with its names. What is no such line is passed over.</summary>
    public static IEnumerable<(IPAddress Address, string Name)> Parse(string text)
    {
        foreach (string line in text.Split('\n'))
        {
            int comment = line.IndexOf('#', StringComparison.Ordinal);
            string[] words = (comment < 0 ? line : line[..comment]).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            if (words.Length < 2 || !IPAddress.TryParse(words[0], out IPAddress? address))
                continue;
            for (int i = 1; i < words.Length; i++)
            {
                if (HostName.Normalize(words[i]) is { } name)
                    yield return (address, name);
            }
        }
    }
}
