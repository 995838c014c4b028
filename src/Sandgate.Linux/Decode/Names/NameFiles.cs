using System.Net;
using System.Runtime.InteropServices;
using System.Text;
using Sandgate.Core.Decode.Names;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Decode.Names;

/// <summary>A resolver that is believed.</summary>
/// <param name="Address">Its address.</param>
/// <param name="IsHere">True when it is an address of this machine, where some other program could answer as well.</param>
internal sealed record NameServer(IPAddress Address, bool IsHere);

/// <summary>What the system says about names: /etc/hosts and /etc/resolv.conf, read again when they have changed.</summary>
internal sealed unsafe class NameFiles(NameBook book)
{
    private const int StatLength = 144, MaxLength = 8 << 20;

    private const string Hosts = "/etc/hosts", Resolvers = "/etc/resolv.conf";

    private readonly Lock _lock = new();
    private byte[] _hostsMark = [], _serversMark = [];
    private volatile NameServer[] _servers = [];

    /// <summary>The resolvers that the system is configured to ask.</summary>
    public IReadOnlyList<NameServer> Servers => _servers;

    /// <summary>The files, and what they are links to.</summary>
    public static IEnumerable<string> Paths()
    {
        foreach (string path in (string[])[Hosts, Resolvers])
        {
            yield return path;
            if (TargetOf(path) is { } target)
                yield return target;
        }
    }

    private static string? TargetOf(string path)
    {
        try
        {
            return File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The resolver with an address; null when it is none of the system's.</summary>
    public NameServer? Find(IPAddress address) => Array.Find(_servers, s => s.Address.Equals(address));

    /// <summary>Looks whether the files have changed.</summary>
    public void Refresh()
    {
        Span<byte> mark = stackalloc byte[StatLength];
        lock (_lock)
        {
            if (HasChanged("/etc/hosts\0"u8, mark, _hostsMark))
            {
                _hostsMark = mark.ToArray();
                book.SetHosts(Read(Hosts));
            }

            if (HasChanged("/etc/resolv.conf\0"u8, mark, _serversMark))
            {
                _serversMark = mark.ToArray();
                _servers = [.. ResolverConfig.Parse(Read(Resolvers)).Select(a => new NameServer(a, IsHere(a)))];
            }
        }
    }

    // Everything that stat(2) tells but the time of the last access; a file that is gone has told nothing.
    private static bool HasChanged(ReadOnlySpan<byte> path, Span<byte> mark, byte[] before)
    {
        mark.Clear();
        fixed (byte* name = path, buffer = mark)
        {
            // SAFETY: path ends in NUL; mark is as long as struct stat; both live for the whole call.
            Libc.Call(SyscallNumbers.stat, (long)name, (long)buffer);
        }

        mark[72..88].Clear();
        return !mark.SequenceEqual(before);
    }

    private static string Read(string path)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            byte[] text = new byte[(int)Math.Min(file.Length, MaxLength)];
            return Encoding.Latin1.GetString(text, 0, file.ReadAtLeast(text, text.Length, throwOnEndOfStream: false));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private static bool IsHere(IPAddress address)
    {
        if (IPAddress.IsLoopback(address))
            return true;
        using KernelSocket? socket = KernelSocket.Open(address.AddressFamily, KernelSocket.SOCK_DGRAM);
        return socket is not null && socket.Bind(address);
    }

    /// <summary>True when programs without privileges may take port 53, and so answer in the place of a resolver that should be on this machine.</summary>
    public static bool AnyoneMayServe()
    {
        Span<byte> text = stackalloc byte[16];
        int count = Files.ReadWhole("/proc/sys/net/ipv4/ip_unprivileged_port_start\0"u8, text);
        return count <= 0 || !int.TryParse(text[..count].TrimEnd((byte)'\n'), out int first) || first <= NameLearner.Port;
    }
}
