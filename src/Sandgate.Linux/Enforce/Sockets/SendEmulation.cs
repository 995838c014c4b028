using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Sandgate.Core.Trap;
using Sandgate.Linux.Decode;
using Sandgate.Linux.Interop;
using Sandgate.Linux.ProgramChannel;
using Sandgate.Linux.Trap;

namespace Sandgate.Linux.Enforce.Sockets;

/// <summary>sendto(2), sendmsg(2), sendmmsg(2).</summary>
internal sealed unsafe class SendEmulation : SocketEmulation
{
    private const uint MSG_MORE = 0x8000, MSG_DONTWAIT = 0x40, MSG_NOSIGNAL = 0x4000, MSG_ZEROCOPY = 0x4000000, MSG_FASTOPEN = 0x20000000;
    private const int EDESTADDRREQ = 89, EOPNOTSUPP = 95, PortAt = 2;
    private const int SIGPIPE = 13, MessageLengthOffset = 56;
    private const int SO_COOKIE = 57, MostBegun = 65536;
    private const ulong EnoughAtOnce = 8 << 20;

    // Sockets with a datagram that is not complete yet, and where it goes.
    private static readonly ConcurrentDictionary<long, string> s_begun = new();

    // No result of the kernel's: what is left can only be done by a thread that may wait.
    private const long Pending = long.MinValue;

    private readonly List<OutgoingMessage> _messages;
    private readonly uint _flags;
    private readonly ulong _vector;
    private readonly bool _waits;
    private int _next;

    /// <summary>struct msghdr.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Header
    {
        public byte* Name;
        public uint NameLength, Padding;
        public nint* Vectors;
        public nint VectorCount;
        public byte* Control;
        public nint ControlLength;
        public uint Flags, MorePadding;
    }

    /// <summary>Makes the call's emulation, and copies what was judged.</summary>
    public SendEmulation(ProgramSocket socket, TargetCredentials credentials, Stop stop, List<OutgoingMessage> messages)
        : base(socket, credentials)
    {
        _messages = messages;
        _flags = (uint)stop.Register(stop.Number == SyscallNumbers.sendmsg ? 2 : 3);
        _vector = stop.Number == SyscallNumbers.sendmmsg ? stop.Register(1) : 0;
        _waits = (_flags & MSG_DONTWAIT) == 0 && !socket.NeverWaits;
        foreach (OutgoingMessage message in messages)
        {
            if (socket.Domain == ProgramSocket.AF_UNIX)
                Name(message, socket, stop.ThreadId);
            message.Fill(stop, socket, keepsPages: (_flags & MSG_ZEROCOPY) != 0);
        }
    }

    private static void Name(OutgoingMessage message, ProgramSocket socket, int threadId)
    {
        if (SenderIdentity.MayBeGiven)
        {
            SenderIdentity.Give(message, threadId);
            return;
        }

        SenderIdentity.GiveOwn(message, threadId);
        if (ChannelSocket.IsProgramEnd(socket))
            SenderIdentity.AddOrigin(message, threadId);
    }

    /// <inheritdoc/>
    public override Outcome Carry(Stop stop)
    {
        SeccompStop answer = (SeccompStop)stop;

        // What begins without waiting must be the same call as when it waits: with these it would be another one.
        bool tries = !_waits || ((_flags & (MSG_FASTOPEN | MSG_ZEROCOPY)) == 0
            && Socket.Domain is ProgramSocket.AF_UNIX or ProgramSocket.AF_INET or ProgramSocket.AF_INET6 or ProgramSocket.AF_NETLINK or ProgramSocket.AF_PACKET);
        long result = tries ? AsSender(stop, () => Send(stop, waits: false)) : Pending;
        return result == Pending ? Wait(answer, parked => AsSender(parked, () => Send(parked, waits: true))) : Finish(answer, result);
    }

    // Only the supervisor may say in whose name a message comes; what the program may not write to is found out before.
    private long AsSender(Stop stop, Func<long> send) =>
        Socket.Domain != ProgramSocket.AF_UNIX || !SenderIdentity.MayBeGiven ? AsProgram(stop, send)
        : !Credentials.MayDiffer || AsProgram(stop, MayWrite) == 0 ? send() : -EACCES;

    private long MayWrite()
    {
        const int W_OK = 2, AT_EACCESS = 0x200, AT_EMPTY_PATH = 0x1000;
        byte empty = 0;
        foreach (OutgoingMessage message in _messages)
        {
            // SAFETY: empty lives on this stack for the whole call.
            if (message.Name?.File is { Object: >= 0 } file
                && Libc.Call(SyscallNumbers.faccessat2, file.Object, (long)(&empty), W_OK, AT_EACCESS | AT_EMPTY_PATH) is < 0 and var errno)
                return errno;
        }

        return 0;
    }

    private long Send(Stop stop, bool waits)
    {
        if (_vector == 0)
            return _messages.Count == 0 ? -EFAULT : Send(stop, _messages[0], waits);
        for (; _next < _messages.Count; _next++)
        {
            long result = Send(stop, _messages[_next], waits);
            if (result >= 0)
            {
                uint sent = (uint)result;
                ulong at = _vector + ((ulong)_next * TargetData.MessageStride) + MessageLengthOffset;
                result = TargetMemory.Write(stop, at, MemoryMarshal.AsBytes(new Span<uint>(ref sent))) == 0 ? 0 : -EFAULT;
            }

            if (result < 0)
                return result == Pending || _next == 0 ? result : _next;
        }

        return _next;
    }

    private long Send(Stop stop, OutgoingMessage message, bool waits)
    {
        if (message.Errno != 0)
            return -message.Errno;
        if (GoesElsewhere(message))
            return -EOPNOTSUPP;
        KernelAddress to = message.Name is { } name ? KernelAddress.Of(Socket, name) : OfPeer();
        if (to.Errno != 0)
            return -to.Errno;
        bool stream = Socket.Type == ProgramSocket.SOCK_STREAM;
        while (true)
        {
            long result = Send(stop, message, to, waits);
            if (result == -EAGAIN && _waits && !waits)
                return Pending;
            if (result < 0)
            {
                if (message.Sent > 0)
                    return (long)message.Sent;
                if (result == -EPIPE && stream && (_flags & MSG_NOSIGNAL) == 0 && stop.IsHeld)
                    Libc.Call(SyscallNumbers.tgkill, ProcessFacts.ProcessOf(stop.ThreadId), stop.ThreadId, SIGPIPE);
                return result;
            }

            message.HaveSent((ulong)result);
            if (!stream)
                return result;
            if (message.Ready.IsEmpty)
            {
                if (message.Taken == message.Length || message.Faulted)
                    return (long)message.Sent;
                if (!waits && message.Sent >= EnoughAtOnce)
                    return _waits ? Pending : (long)message.Sent;
                message.Fill(stop, Socket, keepsPages: (_flags & MSG_ZEROCOPY) != 0);
                if (message.Ready.IsEmpty)
                    return (long)message.Sent;
            }
            else if (!waits)
                return _waits ? Pending : (long)message.Sent;
        }
    }

    // A datagram without an address goes to the peer that was judged: another thread may connect the socket to somebody else meanwhile.
    private KernelAddress OfPeer()
    {
        if (JudgedPeer is not { } peer)
            return new([], 0);
        if (peer.Length == 0)
            return new([], EDESTADDRREQ);
        byte[] address = [.. peer];

        // There it stands for the protocol (net/ipv6/raw.c).
        if (Socket.Type == ProgramSocket.SOCK_RAW)
            address[PortAt] = address[PortAt + 1] = 0;
        return new(address, 0);
    }

    private byte[]? JudgedPeer => Socket.Domain is ProgramSocket.AF_INET or ProgramSocket.AF_INET6 && Socket.Type is ProgramSocket.SOCK_DGRAM or ProgramSocket.SOCK_RAW ? Socket.Peer : null;

    // What follows the beginning of a datagram (MSG_MORE) goes where that goes, whatever address it names itself (udp(7)).
    private bool GoesElsewhere(OutgoingMessage message)
    {
        if (Socket.Type == ProgramSocket.SOCK_STREAM || Socket.Domain is not (ProgramSocket.AF_INET or ProgramSocket.AF_INET6))
            return false;
        long socket = Socket.Option(SO_COOKIE);
        bool begins = (_flags & MSG_MORE) != 0;
        if (!begins && s_begun.IsEmpty)
            return false;
        string to = message.Name?.Shown.Given ?? (JudgedPeer is { Length: > 0 } peer ? SocketAddress.Decode(peer, SocketNames.PathOf).Given ?? "" : "");
        if (begins && s_begun.Count >= MostBegun && !s_begun.ContainsKey(socket))
            return true;
        string first = begins ? s_begun.GetOrAdd(socket, to) : s_begun.GetValueOrDefault(socket, to);
        if (to.Length > 0 && to != first)
            return true;
        if (!begins)
            s_begun.TryRemove(socket, out _);
        return false;
    }

    private long Send(Stop stop, OutgoingMessage message, KernelAddress to, bool waits)
    {
        ReadOnlySpan<byte> data = message.Ready;

        // SAFETY: the header describes exactly these, and all of them live for the whole call.
        fixed (byte* name = to.Bytes, bytes = data, control = message.Control)
        {
            // Where the program's memory ends too soon, so does this: the kernel says what comes of it.
            const int Nowhere = 1;
            nint* vector = stackalloc nint[4] { (nint)bytes, data.Length, Nowhere, (nint)(message.Length - message.Taken) };
            Header header = new() { Name = name, NameLength = (uint)to.Bytes.Length, Vectors = vector, VectorCount = message.Faulted ? 2 : 1, Control = control, ControlLength = message.Control.Length };

            // A broken stream is the program's matter: it is sent its SIGPIPE, the supervisor none.
            uint flags = _flags | MSG_NOSIGNAL;
            return waits
                ? Interruptible.Call(stop, SyscallNumbers.sendmsg, Socket.Descriptor, (long)(&header), flags)
                : Libc.Call(SyscallNumbers.sendmsg, Socket.Descriptor, (long)(&header), flags | MSG_DONTWAIT);
        }
    }

    /// <inheritdoc/>
    protected override void LetGo()
    {
        foreach (OutgoingMessage message in _messages)
            message.Dispose();
        base.LetGo();
    }
}
