using System.Net;

namespace Sandgate.Core.Decode.Names;

/// <summary>The text of resolv.conf(5), as far as it says whom programs ask.</summary>
public static class ResolverConfig
{
    // The C library asks three; other resolvers more.
    private const int MaxServers = 8;

    /// <summary>The name servers, in their order; the machine itself when the text names none.</summary>
    public static IReadOnlyList<IPAddress> Parse(string text)
    {
        List<IPAddress> servers = [];
        foreach (string line in text.Split('\n'))
        {
            string[] words = line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            if (words is ["nameserver", var server, ..] && servers.Count < MaxServers && IPAddress.TryParse(server, out IPAddress? address))
                servers.Add(NameBook.OneForm(address));
        }

        return servers.Count > 0 ? servers : [IPAddress.Loopback];
    }
}
