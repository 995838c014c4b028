using Sandgate.Linux.Interop;

namespace Sandgate.Linux.ProgramChannel;

/// <summary>
/// Where an answer goes: to a socket that came with the question, else to the channel itself, where any process of the tree may read it. A descriptor
/// of a hostile program can be anything. Written to is only what couldn't be a way for the program to speak to anybody but itself: one of a
/// pair of unix sockets without names, which the very process made that asks.
/// </summary>
internal sealed unsafe class ReplySocket : IDisposable
{
    private const int AF_UNIX = 1, SOL_SOCKET = 1, SO_PEERCRED = 17, SO_DOMAIN = 39, NoName = sizeof(ushort), AddressRoom = 110;

    private readonly ChannelSocket? _channel;
    private int _descriptor;

    private ReplySocket(ChannelSocket? channel, int descriptor) => (_channel, _descriptor) = (channel, descriptor);

    /// <summary>Where answers to a message go. It takes the message's descriptor over.</summary>
    public static ReplySocket For(ReceivedMessage message, ChannelSocket channel)
    {
        bool passed = message.HasTooMany || !message.IsWhole;
        int descriptor = message.TakeDescriptor();
        return descriptor < 0 ? new(passed ? null : channel, -1)
            : IsFit(descriptor, message.Sender) ? new(null, descriptor) : new(null, Close(descriptor));
    }

    /// <summary>True when the answer reaches nobody but who asked.</summary>
    public bool IsOwn => _descriptor >= 0;

    /// <summary>Sends an answer, if there is room for it.</summary>
    public void Send(ReadOnlySpan<byte> answer)
    {
        if (_descriptor >= 0)
            ChannelSocket.Send(_descriptor, answer);
        else
            _channel?.Send(answer);
    }

    private static bool IsFit(int descriptor, int process)
    {
        int* peer = stackalloc int[3];
        return Option(descriptor, SO_DOMAIN, peer, sizeof(int)) && *peer == AF_UNIX
            && Option(descriptor, SO_PEERCRED, peer, 3 * sizeof(int)) && *peer == process
            && IsUnnamed(SyscallNumbers.getsockname, descriptor) && IsUnnamed(SyscallNumbers.getpeername, descriptor);
    }

    private static bool Option(int descriptor, int option, void* into, int length) =>

        // SAFETY: into is as long as length says by the callers' own hand; both live for the whole call.
        Libc.Call(SyscallNumbers.getsockopt, descriptor, SOL_SOCKET, option, (long)into, (long)(&length)) == 0;

    private static bool IsUnnamed(int call, int descriptor)
    {
        byte* address = stackalloc byte[AddressRoom];
        int length = AddressRoom;

        // SAFETY: address is as long as length says; both live on this stack for the whole call.
        return Libc.Call(call, descriptor, (long)address, (long)(&length)) == 0 && length == NoName;
    }

    // What is closed last may take its time: a connection that lingers, a file of somebody else's file system.
    private static int Close(int descriptor)
    {
        Libc.CallBlocking(SyscallNumbers.close, descriptor);
        return -1;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_descriptor >= 0)
            _descriptor = Close(_descriptor);
    }
}
