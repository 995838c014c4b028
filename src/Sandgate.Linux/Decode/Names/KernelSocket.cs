using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Sandgate.Core;
using Sandgate.Core.Decode.Names;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Decode.Names;

/// <summary>A socket of the supervisor: a copy of one of the program's, or its own. Results below 0 are errnos.</summary>
internal sealed unsafe class KernelSocket : IDisposable
{
    private const int AF_INET = 2, AF_INET6 = 10, SOCK_NONBLOCK = 0x800, SOCK_CLOEXEC = 0x80000;
    private const int AddressRoom = SocketAddress.MaxLength, TcpInfoRoom = 256, TcpReceivedOffset = 128;
    private const int IPPROTO_TCP = 6, TCP_INFO = 11, EINTR = 4, EINPROGRESS = 115;
    private const int MSG_NOSIGNAL = 0x4000;
    private const short POLLERR = 8;

    // TCP states in which the other side has closed: that counts as one more byte received (net/tcp_states.h).
    private const int CloseWait = 8, LastAck = 9, Closing = 11, TimeWait = 6;

    public const int SOCK_STREAM = 1, SOCK_DGRAM = 2;
    public const int MSG_PEEK = 2, MSG_TRUNC = 0x20, MSG_DONTWAIT = 0x40;

    private readonly int _descriptor;

    private KernelSocket(int descriptor) => _descriptor = descriptor;

    /// <summary>A copy of a socket of the program; null when the supervisor may not have one.</summary>
    public static KernelSocket? CopyOf(int threadId, int descriptor) =>
        SocketNames.Copy(threadId, descriptor) is >= 0 and var copy ? new(copy) : null;

    /// <summary>A new socket that never waits; null when there is none to be had.</summary>
    public static KernelSocket? Open(AddressFamily family, int type) =>
        Libc.Call(SyscallNumbers.socket, family == AddressFamily.InterNetworkV6 ? AF_INET6 : AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC) is >= 0 and var descriptor
            ? new((int)descriptor) : null;

    /// <summary>Reads a number among the socket's options.</summary>
    public bool TryOption(int level, int option, out ulong value)
    {
        ulong room = 0;
        int length = sizeof(ulong);

        // SAFETY: room is as long as length says; both live on this stack for the whole call.
        bool told = Libc.Call(SyscallNumbers.getsockopt, _descriptor, level, option, (long)(&room), (long)(&length)) == 0;
        value = room;
        return told;
    }

    /// <summary>How many bytes of the stream have come from the other side since it was opened; negative when that can't be told.</summary>
    public long Received()
    {
        byte* info = stackalloc byte[TcpInfoRoom];
        int length = TcpInfoRoom;

        // SAFETY: info is as long as length says; both live on this stack for the whole call.
        if (Libc.Call(SyscallNumbers.getsockopt, _descriptor, IPPROTO_TCP, TCP_INFO, (long)info, (long)(&length)) != 0 || length < TcpReceivedOffset + sizeof(long))
            return -1;
        long received = MemoryMarshal.Read<long>(new ReadOnlySpan<byte>(info + TcpReceivedOffset, sizeof(long)));
        return info[0] is CloseWait or LastAck or Closing or TimeWait ? received - 1 : received;
    }

    /// <summary>Whom the socket is connected to; null when to nobody.</summary>
    public IPEndPoint? Peer()
    {
        byte* bytes = stackalloc byte[AddressRoom];
        int length = AddressRoom;

        // SAFETY: bytes is as long as length says; both live on this stack for the whole call.
        long result = Libc.Call(SyscallNumbers.getpeername, _descriptor, (long)bytes, (long)(&length));
        return result == 0 ? Decoded(new(bytes, Math.Min(length, AddressRoom))) : null;
    }

    /// <summary>Receives at once what there is, and tells from whom.</summary>
    public int Receive(Span<byte> into, int flags, out IPEndPoint? source)
    {
        byte* bytes = stackalloc byte[AddressRoom];
        int length = AddressRoom;
        int count;

        // SAFETY: both buffers are as long as said and live for the whole call.
        fixed (byte* buffer = into)
            count = (int)Libc.Call(SyscallNumbers.recvfrom, _descriptor, (long)buffer, into.Length, flags | MSG_DONTWAIT, (long)bytes, (long)(&length));
        source = count >= 0 && length > 0 ? Decoded(new(bytes, Math.Min(length, AddressRoom))) : null;
        return count;
    }

    /// <summary>Sends at once.</summary>
    public bool Send(ReadOnlySpan<byte> message)
    {
        // SAFETY: the message is as long as said and lives for the whole call.
        fixed (byte* buffer = message)
            return Libc.Call(SyscallNumbers.sendto, _descriptor, (long)buffer, message.Length, MSG_NOSIGNAL, 0, 0) == message.Length;
    }

    /// <summary>Begins to connect; true when that succeeded or is under way.</summary>
    public bool Connect(IPAddress address, int port) => WithAddress(SyscallNumbers.connect, address, port) is 0 or -EINPROGRESS;

    /// <summary>Takes a local address; false when the machine doesn't have it.</summary>
    public bool Bind(IPAddress address) => WithAddress(SyscallNumbers.bind, address, 0) == 0;

    /// <summary>Waits until the socket is ready; false when it isn't in time.</summary>
    public bool Wait(short events, TimeSpan patience)
    {
        PollDescriptor poll = new() { Descriptor = _descriptor, Events = events };
        long result;
        do
        {
            // SAFETY: poll lives on this stack for the whole call.
            result = Libc.CallBlocking(SyscallNumbers.poll, (long)(&poll), 1, Math.Max(0, (long)Math.Ceiling(patience.TotalMilliseconds)));
        }
        while (result == -EINTR);
        return result > 0;
    }

    /// <summary>
    /// True when something can be received now. An error that waits is left to the program:
    /// whoever receives takes it away.
    /// </summary>
    public bool HasData()
    {
        PollDescriptor poll = new() { Descriptor = _descriptor, Events = PollDescriptor.POLLIN };

        // SAFETY: poll lives on this stack for the whole call.
        return Libc.Call(SyscallNumbers.poll, (long)(&poll), 1, 0) == 1 && (poll.Returned & (PollDescriptor.POLLIN | POLLERR)) == PollDescriptor.POLLIN;
    }

    /// <inheritdoc/>
    public void Dispose() => Files.Close(_descriptor);

    private long WithAddress(long call, IPAddress address, int port)
    {
        byte* bytes = stackalloc byte[28];
        Span<byte> room = new(bytes, 28);
        room.Clear();
        bool six = address.AddressFamily == AddressFamily.InterNetworkV6;
        BinaryPrimitives.WriteUInt16LittleEndian(room, (ushort)(six ? AF_INET6 : AF_INET));
        BinaryPrimitives.WriteUInt16BigEndian(room[2..], (ushort)port);
        address.TryWriteBytes(room[(six ? 8 : 4)..], out _);

        // SAFETY: bytes holds a struct sockaddr_in or sockaddr_in6 of that length and lives for the whole call.
        return Libc.Call(call, _descriptor, (long)bytes, six ? 28 : 16);
    }

    private static IPEndPoint? Decoded(ReadOnlySpan<byte> address) =>
        SocketAddress.Decode(address, _ => Argument.Unreadable).Given is { } text ? EndPointOf(text) : null;

    /// <summary>An address as rules see it, if it is one of the internet.</summary>
    public static IPEndPoint? EndPointOf(string text) =>
        text.Length > 0 && (char.IsAsciiDigit(text[0]) || text[0] == '[') && IPEndPoint.TryParse(text, out IPEndPoint? end)
            ? new IPEndPoint(NameBook.OneForm(end.Address), end.Port) : null;
}
