using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Sandgate.Linux.Tests.Live;

/// <summary>
/// A sandbox with one of everything in it: files f and g, x with an attribute, links l and dangling,
/// directories d (empty) and full, a FIFO p, a program other, sockets s and dg, and listeners on loopback.
/// </summary>
internal sealed class World : IDisposable
{
    private readonly Sandbox _sandbox = new() { Input = "abc" };
    private readonly List<IDisposable> _sockets = [];
    private readonly Dictionary<string, string> _names = [];

    public World()
    {
        _sandbox.Write("f", "hello\n");
        _sandbox.Write("g", "other\n");
        File.CreateSymbolicLink(_sandbox.PathOf("l"), "f");
        File.CreateSymbolicLink(_sandbox.PathOf("dangling"), "nowhere");
        Directory.CreateDirectory(_sandbox.PathOf("d"));
        Directory.CreateDirectory(_sandbox.PathOf("full"));
        _sandbox.Write("full/file", "inside\n");
        File.Copy(Sandbox.Victim, _sandbox.PathOf("other"));
        _sandbox.Write("x", "");
        Assert.Equal(0, _sandbox.Native("mknod", "p").Status);
        Assert.Equal(0, _sandbox.Native("setxattr", "x", "user.a", "b").Status);

        _names["{victim}"] = Sandbox.Victim;
        _names["{tcp}"] = Listen(new IPEndPoint(IPAddress.Loopback, 0));
        Socket udp = Bound(new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp), new IPEndPoint(IPAddress.Loopback, 0));
        _names["{udp}"] = PortOf(udp);
        Bound(new(AddressFamily.Unix, SocketType.Stream, 0), new UnixDomainSocketEndPoint(_sandbox.PathOf("s"))).Listen();
        Bound(new(AddressFamily.Unix, SocketType.Dgram, 0), new UnixDomainSocketEndPoint(_sandbox.PathOf("dg")));
    }

    public Sandbox Sandbox => _sandbox;

    /// <summary>A case's words, with ports and the victim's path put in.</summary>
    public string[] Words(string text) => [.. text.Split(' ').Select(w => _names.GetValueOrDefault(w, w))];

    /// <summary>Everything that a refused call must leave as it is.</summary>
    public string Snapshot()
    {
        StringBuilder text = new();
        foreach (FileSystemInfo entry in new DirectoryInfo(_sandbox.Directory).EnumerateFileSystemInfos("*", SearchOption.AllDirectories).OrderBy(e => e.FullName, StringComparer.Ordinal))
        {
            text.Append(entry.FullName).Append(' ').Append(entry.LinkTarget).Append(' ').Append(entry.LastWriteTimeUtc.Ticks);
            if (entry.LinkTarget is null)
                text.Append(' ').Append(entry.UnixFileMode);
            if (entry is FileInfo { LinkTarget: null, Name: "f" or "g" or "x" or "file" })
                text.Append(' ').Append(File.ReadAllText(entry.FullName));
            text.Append('\n');
        }

        return text.ToString();
    }

    private string Listen(IPEndPoint where)
    {
        Socket socket = Bound(new(where.AddressFamily, SocketType.Stream, ProtocolType.Tcp), where);
        socket.Listen();
        return PortOf(socket);
    }

    private Socket Bound(Socket socket, EndPoint where)
    {
        _sockets.Add(socket);
        socket.Bind(where);
        return socket;
    }

    private static string PortOf(Socket socket) =>
        ((IPEndPoint)socket.LocalEndPoint!).Port.ToString(System.Globalization.CultureInfo.InvariantCulture);

    public void Dispose()
    {
        foreach (IDisposable socket in _sockets)
            socket.Dispose();
        _sandbox.Dispose();
    }
}
