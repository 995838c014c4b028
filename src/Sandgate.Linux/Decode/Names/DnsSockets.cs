using System.Buffers.Text;
using System.Net;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Decode.Names;

/// <summary>
/// Which sockets of the program talk to a resolver, by their inodes. It only saves work: a socket that is noted here
/// wrongly is found out when it is looked at.
/// </summary>
internal sealed class DnsSockets
{
    private const int MaxSockets = 4096;

    private readonly Lock _lock = new();
    private readonly Dictionary<ulong, IPAddress> _servers = [];
    private readonly Queue<ulong> _order = new();
    private volatile bool _any;

    /// <summary>Notes a socket.</summary>
    public void Add(ulong inode, IPAddress server)
    {
        lock (_lock)
        {
            if (!_servers.TryAdd(inode, server))
            {
                _servers[inode] = server;
                return;
            }

            _order.Enqueue(inode);
            if (_order.Count > MaxSockets)
                _servers.Remove(_order.Dequeue());
            _any = true;
        }
    }

    /// <summary>The resolver that a thread's descriptor talks to; null for every other socket, file or pipe. Costs nothing before the first is noted.</summary>
    public IPAddress? ServerOf(int threadId, int descriptor)
    {
        if (!_any || InodeOf(threadId, descriptor) is not { } inode)
            return null;
        lock (_lock)
            return _servers.GetValueOrDefault(inode);
    }

    /// <summary>The number of the socket behind a descriptor; null when there is none.</summary>
    public static ulong? InodeOf(int threadId, int descriptor)
    {
        Span<byte> path = stackalloc byte[ProcPath.Room], link = stackalloc byte[ProcPath.Room];
        new ProcPath(path).Add("/proc/"u8).Add(threadId).Add("/fd/"u8).Add(descriptor);
        int count = Files.ReadLink(Files.AT_FDCWD, path, link);
        ReadOnlySpan<byte> name = link[..Math.Max(0, count)];
        return name.StartsWith("socket:["u8) && Utf8Parser.TryParse(name["socket:["u8.Length..], out ulong inode, out _) ? inode : null;
    }
}
