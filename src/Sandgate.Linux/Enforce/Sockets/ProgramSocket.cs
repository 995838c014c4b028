using Sandgate.Core;
using Sandgate.Core.Decode;
using Sandgate.Linux.Decode;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Enforce.Sockets;

/// <summary>
/// A socket of the program in the supervisor's hands, from the judgement of a call until the call is done: whatever other
/// threads put under its number meanwhile changes nothing. With it, the addresses that the call was judged by.
/// </summary>
internal sealed unsafe class ProgramSocket : IDisposable
{
    public const int AF_UNSPEC = 0, AF_UNIX = 1, AF_INET = 2, AF_INET6 = 10, AF_NETLINK = 16, AF_PACKET = 17;
    public const int SOCK_STREAM = 1, SOCK_DGRAM = 2, SOCK_RAW = 3;

    private const int SOL_SOCKET = 1, SO_TYPE = 3, SO_DOMAIN = 39, F_GETFL = 3, O_NONBLOCK = 0x800;

    private readonly Dictionary<(ulong Address, uint Length), JudgedAddress> _addresses = [];

    private ProgramSocket(int descriptor, int domain, int type) => (Descriptor, Domain, Type) = (descriptor, domain, type);

    /// <summary>The supervisor's descriptor of it.</summary>
    public int Descriptor { get; }

    /// <summary>Its address family.</summary>
    public int Domain { get; }

    /// <summary>Its type, without flags.</summary>
    public int Type { get; }

    /// <summary>True for a socket that the program made non-blocking.</summary>
    public bool NeverWaits => (Libc.Call(SyscallNumbers.fcntl, Descriptor, F_GETFL) & O_NONBLOCK) != 0;

    /// <summary>Takes over a descriptor; null when it is no socket.</summary>
    public static ProgramSocket? Of(int descriptor) =>
        TryOption(descriptor, SO_DOMAIN, out long domain) && TryOption(descriptor, SO_TYPE, out long type) ? new(descriptor, (int)domain, (int)type) : null;

    /// <summary>Reads an option of SOL_SOCKET, at most eight bytes of it.</summary>
    public long Option(int option) => TryOption(Descriptor, option, out long value) ? value : 0;

    /// <summary>The kernel's name for the socket: <c>socket:[123]</c>.</summary>
    public string Name
    {
        get
        {
            Span<byte> name = stackalloc byte[ProcPath.Room];
            int count = Files.ReadDescriptorName(Descriptor, name);
            return count > 0 ? TargetText.FromBytes(name[..count]) : "socket";
        }
    }

    /// <summary>The peer that the call was judged by; empty where the socket had none, null where nobody asked.</summary>
    public byte[]? Peer { get; set; }

    /// <summary>The socket's own address that the call was judged by; null where nobody asked.</summary>
    public byte[]? Own { get; set; }

    /// <summary>What an address in the program's memory was judged as; null when it was not.</summary>
    public JudgedAddress? Find(ulong address, uint length) => _addresses.GetValueOrDefault((address, length));

    /// <summary>Notes what an address is judged as.</summary>
    public void Note(ulong address, uint length, JudgedAddress judged) => _addresses[(address, length)] = judged;

    /// <inheritdoc/>
    public void Dispose()
    {
        Files.Close(Descriptor);
        foreach (JudgedAddress address in _addresses.Values)
            address.File?.Dispose();
    }

    private static bool TryOption(int descriptor, int option, out long value)
    {
        long room = 0;
        int length = sizeof(long);

        // SAFETY: room is as long as length says; both live on this stack for the whole call.
        bool told = Libc.Call(SyscallNumbers.getsockopt, descriptor, SOL_SOCKET, option, (long)(&room), (long)(&length)) == 0;
        value = room;
        return told;
    }
}

/// <summary>An address that a call was judged by.</summary>
/// <param name="Bytes">The address as the program gave it.</param>
/// <param name="Shown">What rules saw.</param>
/// <param name="File">For a path, the socket's file, or for bind(2) the directory in which it is to be made.</param>
internal sealed record JudgedAddress(byte[] Bytes, Argument Shown, HeldPath? File);
