using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Sandgate.Core.Control;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Control.Remote;

/// <summary>
/// Clients from afar: TLS, and a token in the first line. Whoever has shown it is handed to <see cref="ControlServer"/> as one end of a pair of
/// sockets; here bytes are only carried between that and the network.
/// </summary>
internal sealed class RemoteListener : IDisposable
{
    private const int MostStrangers = 8, LongestFirstLine = 4096;
    private const int O_WRONLY_CREAT_EXCL = 0xc1;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10), s_penalty = TimeSpan.FromSeconds(1);

    private readonly TcpListener _listener;
    private readonly X509Certificate2 _certificate;
    private readonly string _directory;
    private readonly RemoteFile _file;
    private readonly SemaphoreSlim _strangers = new(MostStrangers);
    private readonly CancellationTokenSource _over = new();
    private Action<int, string>? _introduce;
    private bool _written;

    private RemoteListener(TcpListener listener, X509Certificate2 certificate, string directory, string session)
    {
        (_listener, _certificate, _directory) = (listener, certificate, directory);
        _file = new(session, listener.LocalEndpoint.ToString()!, NewToken(), Certificates.FingerprintOf(certificate));
    }

    /// <summary>Takes the port; connections wait until <see cref="Start"/>.</summary>
    /// <exception cref="SandboxException">It can't be had; nothing runs then.</exception>
    public static RemoteListener Open(RemoteOptions options, string directory, string session)
    {
        X509Certificate2 certificate = Certificates.For(options);
        if (ControlDirectory.Open(directory, make: true, out string problem) is not { } opened)
            throw new SandboxException($"--listen needs a place for its token: {problem}; nothing was run");
        opened.Dispose();
        TcpListener listener = new(options.Address);
        try
        {
            listener.Start();
            return new(listener, certificate, directory, session);
        }
        catch (SocketException refused)
        {
            listener.Dispose();
            throw new SandboxException($"--listen {options.Address}: {refused.Message}; nothing was run");
        }
    }

    /// <summary>Writes the file, and begins to serve.</summary>
    /// <param name="introduce">Takes over who has shown the token.</param>
    public void Start(Action<int, string> introduce)
    {
        _introduce = introduce;
        WriteFile();
        _ = AcceptAll();
    }

    private static string NewToken()
    {
        Span<byte> token = stackalloc byte[32];
        for (int i = 0; i < token.Length; i += sizeof(long))
            BitConverter.TryWriteBytes(token[i..], RandomNumber.Draw());
        return Convert.ToHexStringLower(token);
    }

    private unsafe void WriteFile()
    {
        using ControlDirectory? directory = ControlDirectory.Open(_directory, make: true, out string problem);
        byte[] name = Encoding.ASCII.GetBytes(_file.Session + ControlDirectory.RemoteEnd + "\0"), text = _file.ToBytes();
        int opened = directory is null ? -1 : Files.Open(directory.Descriptor, name, O_WRONLY_CREAT_EXCL | Files.O_NOFOLLOW | Files.O_CLOEXEC, 0x180 /* 0600 */);
        if (opened < 0)
            throw new IOException($"{_directory}/{_file.Session}{ControlDirectory.RemoteEnd} can't be written: {problem}");
        _written = true;

        // SAFETY: the pinned text and its own length.
        fixed (byte* start = text)
            Libc.CallBlocking(SyscallNumbers.write, opened, (long)start, text.Length);
        Files.Close(opened);
    }

    private async Task AcceptAll()
    {
        while (!_over.IsCancellationRequested)
        {
            try
            {
                TcpClient client = await _listener.AcceptTcpClientAsync(_over.Token);
                if (_strangers.Wait(0))
                    _ = Serve(client);
                else
                    client.Dispose();
            }
            catch (SocketException)
            {
                // One that has gone already, or no descriptor for it.
                await Task.Delay(s_penalty, CancellationToken.None);
            }
            catch (Exception over) when (over is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task Serve(TcpClient client)
    {
        using SslStream tls = new(client.GetStream());
        using TcpClient own = client;
        try
        {
            byte[]? rest;
            try
            {
                rest = await Greet(tls);
            }
            finally
            {
                _strangers.Release();
            }

            if (rest is not null)
                await Carry(tls, rest, $"remote {client.Client.RemoteEndPoint}");
        }
        catch (Exception broken) when (broken is IOException or AuthenticationException or OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Nobody to tell.
        }
    }

    // What came after the first line; null when that one was not what it had to be.
    private async Task<byte[]?> Greet(SslStream tls)
    {
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(_over.Token);
        patience.CancelAfter(s_patience);
        await tls.AuthenticateAsServerAsync(new() { ServerCertificate = _certificate }, patience.Token);
        byte[] buffer = new byte[LongestFirstLine];
        int length = 0, end = -1;
        while (length < buffer.Length && end < 0)
        {
            int count = await tls.ReadAsync(buffer.AsMemory(length), patience.Token);
            if (count == 0)
                return null;
            end = buffer.AsSpan(length, count).IndexOf((byte)'\n') is >= 0 and var at ? length + at : -1;
            length += count;
        }

        long? id = null;
        if (end >= 0 && MayEnter(buffer.AsMemory(0, end), out id))
        {
            await tls.WriteAsync(ControlLine.Of(json =>
            {
                if (id is { } number)
                    json.WriteNumber("id", number);
                json.WriteBoolean("ok", true);
            }), patience.Token);
            return buffer[(end + 1)..length];
        }

        await Task.Delay(s_penalty, patience.Token);
        await tls.WriteAsync(ControlDispatch.Refusal(id, "refused: the first line must be {\"v\":1,\"do\":\"auth\",\"token\":…} with this session's token"), patience.Token);
        return null;
    }

    private bool MayEnter(ReadOnlyMemory<byte> line, out long? id)
    {
        id = null;
        try
        {
            ControlRequest request = ControlRequest.Parse(line, out id);
            return request.Do == "auth" && request.Text("token") is { } token
                && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(token), Encoding.UTF8.GetBytes(_file.Token));
        }
        catch (ControlException)
        {
            return false;
        }
    }

    private async Task Carry(SslStream tls, byte[] first, string by)
    {
        (int ours, int theirs) = UnixSocket.Pair();
        using Socket socket = new(new SafeSocketHandle(ours, ownsHandle: true));
        using NetworkStream inside = new(socket);
        _introduce!(theirs, by);
        await inside.WriteAsync(first, _over.Token);
        await Task.WhenAny(tls.CopyToAsync(inside, _over.Token), inside.CopyToAsync(tls, _over.Token));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_over.IsCancellationRequested)
            return;
        _over.Cancel();
        _listener.Dispose();
        if (!_written)
            return;
        using ControlDirectory? directory = ControlDirectory.Open(_directory, make: false, out _);
        directory?.Remove(_file.Session + ControlDirectory.RemoteEnd);
    }
}
