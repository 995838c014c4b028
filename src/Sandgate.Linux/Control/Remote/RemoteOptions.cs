using System.Net;

namespace Sandgate.Linux.Control.Remote;

/// <summary>Where a run listens for clients from afar.</summary>
/// <param name="Address">Address and port; port 0 is one that is free.</param>
/// <param name="Certificate">A PEM file with the certificate; null for one made at the start.</param>
/// <param name="Key">A PEM file with its key; null when it stands in the same file.</param>
public sealed record RemoteOptions(IPEndPoint Address, string? Certificate, string? Key);
