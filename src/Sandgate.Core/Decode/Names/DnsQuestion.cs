namespace Sandgate.Core.Decode.Names;

/// <summary>What is asked of a resolver, in class IN.</summary>
/// <param name="Name">The name, in its one form.</param>
/// <param name="Type">The type of record wanted (RFC 1035, 3.2.2).</param>
public readonly record struct DnsQuestion(string Name, ushort Type)
{
    /// <summary>IPv4 addresses.</summary>
    public const ushort A = 1;

    /// <summary>Another name for the name.</summary>
    public const ushort CName = 5;

    /// <summary>IPv6 addresses.</summary>
    public const ushort Aaaa = 28;

    /// <summary>How to reach a service (RFC 9460), which may hint at addresses; and the same for the web.</summary>
    public const ushort Svcb = 64, Https = 65;

    /// <summary>True when the answer can tell addresses.</summary>
    public bool IsAboutAddresses => Type is A or Aaaa or Svcb or Https;
}
