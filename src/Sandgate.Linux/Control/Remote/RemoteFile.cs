using System.Text.Json;

namespace Sandgate.Linux.Control.Remote;

/// <summary>What a client from afar must know: the file <c>SESSION.remote.json</c>. Whoever has it can steer.</summary>
/// <param name="Session">The session's name.</param>
/// <param name="Address">Address and port.</param>
/// <param name="Token">What proves that the client may.</param>
/// <param name="Fingerprint">The SHA-256 of the certificate, in hexadecimal: what proves to the client that it speaks with the session.</param>
internal sealed record RemoteFile(string Session, string Address, string Token, string Fingerprint)
{
    /// <summary>Its text.</summary>
    public byte[] ToBytes() => Core.Control.ControlLine.Of(json =>
    {
        json.WriteNumber("v", Core.Control.ControlRequest.Version);
        json.WriteString("session", Session);
        json.WriteString("address", Address);
        json.WriteString("token", Token);
        json.WriteString("certificate_sha256", Fingerprint);
    });

    /// <summary>Reads one.</summary>
    /// <exception cref="IOException">It can't be read.</exception>
    public static RemoteFile Read(string file)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(file));
            string Text(string name) => document.RootElement.GetProperty(name).GetString() ?? throw new KeyNotFoundException(name);
            return new(Text("session"), Text("address"), Text("token"), Text("certificate_sha256"));
        }
        catch (Exception bad) when (bad is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new IOException($"{file}: not a file that 'sandgate run --listen' wrote", bad);
        }
        catch (Exception bad) when (bad is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"{file}: can't be read", bad);
        }
    }
}
