using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text.Json;
using Sandgate.Core.Control;
using Sandgate.Linux.Control.Remote;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Control;

/// <summary>Speaks with a session: sends requests, reads answers, and what was subscribed to.</summary>
public sealed class ControlClient : IControlLink
{
    private const int Patience = 30_000, LongestReply = 16 << 20;

    private readonly Socket _socket;
    private readonly Stream _stream;
    private readonly Queue<JsonElement> _news = [];
    private byte[] _buffer = new byte[64 * 1024];
    private int _begin, _end;
    private long _last;

    private ControlClient(Socket socket, Stream stream, string session) => (_socket, _stream, Session) = (socket, stream, session);

    /// <inheritdoc/>
    public string Session { get; }

    /// <summary>The names of this user's sessions that run. What killed supervisors left behind is removed.</summary>
    public static IReadOnlyList<string> Sessions()
    {
        using ControlDirectory? directory = ControlDirectory.Open(ControlDirectory.Place(), make: false, out string problem);
        return directory is not null ? directory.Sweep() : problem.Length == 0 ? [] : throw new IOException(problem);
    }

    /// <summary>Connects with one of this user's sessions.</summary>
    /// <param name="session">Its name or how that begins; null for the only one.</param>
    /// <exception cref="IOException">There is none, there are several, or it refuses.</exception>
    public static ControlClient Connect(string? session)
    {
        IReadOnlyList<string> all = Sessions();
        string[] meant = session is null ? [.. all] : all.Contains(session) ? [session] : [.. all.Where(s => s.StartsWith(session, StringComparison.Ordinal))];
        if (meant is not [var name])
        {
            throw new IOException(meant.Length > 1 ? $"several sessions run: {string.Join(", ", meant)}; name one"
                : session is null ? "no session runs" : $"no session {ControlRequest.Quote(session)} runs; 'sandgate ps' lists those that do");
        }

        using ControlDirectory? directory = ControlDirectory.Open(ControlDirectory.Place(), make: false, out _);
        int connected = directory is null ? -1 : UnixSocket.Connect(directory.AddressOf(name + ControlDirectory.SocketEnd), waits: true, out _);
        if (connected < 0)
            throw new IOException($"session {name} doesn't answer");
        Socket socket = new(new SafeSocketHandle(connected, ownsHandle: true));
        if (UnixSocket.PeerOf(connected) is not { } peer || (peer.UserId != 0 && peer.UserId != Libc.Call(SyscallNumbers.geteuid)) || PeerCheck.IsSandboxed(peer.ProcessId, isSupervisor: true) is not null)
        {
            socket.Dispose();
            throw new IOException($"what listens in the place of session {name} is no supervisor");
        }

        return new(socket, new NetworkStream(socket), name);
    }

    /// <summary>Connects with a session that listens elsewhere.</summary>
    /// <param name="file">The file that <c>run --listen</c> wrote.</param>
    /// <exception cref="IOException">It can't be reached, isn't the one that wrote the file, or refuses.</exception>
    public static ControlClient ConnectRemote(string file)
    {
        RemoteFile remote = RemoteFile.Read(file);
        if (!Certificates.HaveOpenSsl)
            throw new IOException("--connect needs OpenSSL (libssl.so.3), which is not installed here");
        int colon = remote.Address.LastIndexOf(':');
        if (colon <= 0 || !ushort.TryParse(remote.Address.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out ushort port))
            throw new IOException($"{file}: {remote.Address} is no address");
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = Patience, SendTimeout = Patience };
        try
        {
            socket.Connect(remote.Address[..colon].Trim('[', ']'), port);
            SslStream tls = new(new NetworkStream(socket), leaveInnerStreamOpen: false,
                (_, certificate, _, _) => certificate is not null && Certificates.FingerprintOf(certificate) == remote.Fingerprint);
            tls.AuthenticateAsClient("sandgate");
            ControlClient client = new(socket, tls, remote.Session);
            client.Request("auth", json => json.WriteString("token", remote.Token));
            return client;
        }
        catch (Exception refused) when (refused is SocketException or AuthenticationException or IOException or ControlException)
        {
            socket.Dispose();
            throw new IOException(refused is AuthenticationException ? $"{remote.Address} shows another certificate than {file} says" : $"{remote.Address}: {refused.Message}", refused);
        }
    }

    /// <inheritdoc/>
    public JsonElement Request(string verb, Action<Utf8JsonWriter>? members = null)
    {
        long id = Send(verb, members);
        _socket.ReceiveTimeout = Patience;
        while (Read() is { } line)
        {
            if (line.TryGetProperty("event", out _))
                _news.Enqueue(line);
            else if (!line.TryGetProperty("id", out JsonElement answered) || answered.GetInt64() == id)
                return line.GetProperty("ok").GetBoolean() ? line : throw new ControlException(line.GetProperty("error").GetString() ?? "");
        }

        throw new IOException($"session {Session} has ended");
    }

    /// <summary>Sends a request; its answer comes as one of the lines. Returns its number.</summary>
    public long Send(string verb, Action<Utf8JsonWriter>? members = null)
    {
        long id = ++_last;
        _stream.Write(ControlLine.Of(json =>
        {
            json.WriteNumber("v", ControlRequest.Version);
            json.WriteNumber("id", id);
            json.WriteString("do", verb);
            members?.Invoke(json);
        }));
        return id;
    }

    /// <inheritdoc/>
    public JsonElement? Next()
    {
        if (_news.TryDequeue(out JsonElement first))
            return first;
        _socket.ReceiveTimeout = 0;
        return Read();
    }

    private JsonElement? Read()
    {
        int searched = 0;
        while (true)
        {
            Span<byte> held = _buffer.AsSpan(_begin, _end - _begin);
            if (held[searched..].IndexOf((byte)'\n') is >= 0 and var found)
            {
                int length = searched + found;
                _begin += length + 1;
                return Parse(held[..length].ToArray());
            }

            searched = held.Length;
            if (_begin > 0)
                held.CopyTo(_buffer);
            (_begin, _end) = (0, searched);
            if (_end == _buffer.Length)
                Array.Resize(ref _buffer, _end < LongestReply ? 2 * _end : throw new IOException($"session {Session} sends lines without an end"));
            int count = _stream.Read(_buffer, _end, _buffer.Length - _end);
            if (count == 0)
                return null;
            _end += count;
        }
    }

    private JsonElement Parse(byte[] line)
    {
        try
        {
            return JsonElement.Parse(line);
        }
        catch (JsonException)
        {
            throw new IOException($"session {Session} sends what is no JSON");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stream.Dispose();
        _socket.Dispose();
    }
}
