using Sandgate.Core.Trap;
using Sandgate.Linux.Decode;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Enforce.Sockets;

/// <summary>
/// connect, bind, listen and the sending calls, done on the socket and the copies that were judged. Belongs to one decoder: holds
/// what its last call was judged on until the next, or until the call is on its way on a thread of its own.
/// </summary>
internal sealed class SocketCalls(ArgumentReader reader, TargetRoots roots, Action<string>? say)
{
    private const int EBADF = 9, EFAULT = 14, EINVAL = 22, ENOTSOCK = 88, F_GETFL = 3;

    private readonly DescriptorFetch _fetch = new();
    private readonly MemoryCopy _copy = new();
    private ProgramSocket? _socket;
    private SocketEmulation? _last;
    private static int s_said;

    /// <summary>True for the calls that are done here.</summary>
    public static bool Knows(string syscall) => syscall is "connect" or "bind" or "listen" or "sendto" or "sendmsg" or "sendmmsg";

    /// <summary>
    /// Begins to decode such a call: takes hold of its socket, and reads its memory through a copy until <see cref="End"/>.
    /// </summary>
    /// <param name="stop">The stopped thread.</param>
    public void Begin(Stop stop)
    {
        _fetch.Begin();
        _copy.Clear();
        MemoryCopy.Current = _copy;
        int fetched = _fetch.Fetch(stop, (int)stop.Register(0));
        if (fetched >= 0)
        {
            int wrong = WrongAddress(stop);
            if ((_socket = ProgramSocket.Of(fetched)) is null)
            {
                bool isPath = (Libc.Call(SyscallNumbers.fcntl, fetched, F_GETFL) & Files.O_PATH) != 0;
                Files.Close(fetched);

                // connect(2) looks at the address first.
                reader.FailCertainly(isPath ? EBADF : wrong != 0 && stop.Number == SyscallNumbers.connect ? wrong : ENOTSOCK);
            }
            else if (wrong == EINVAL)
                reader.FailCertainly(EINVAL);
        }
        else if (fetched == -EBADF)
            reader.FailCertainly(EBADF);
        reader.Socket = _socket;
    }

    // What the kernel finds wrong with the address of connect(2) or bind(2) before it looks for what it means.
    private static int WrongAddress(Stop stop) =>
        stop.Number is not (SyscallNumbers.connect or SyscallNumbers.bind) ? 0
        : (uint)stop.Register(2) > SocketAddress.MaxLength ? EINVAL
        : (uint)stop.Register(2) > 0 && !TargetMemory.Read(stop.ThreadId, stop.Register(1), out byte _) ? EFAULT : 0;

    /// <summary>
    /// The call is decoded. What it needs no more is let go: a socket that the supervisor holds isn't closed when the program closes it. Where
    /// descriptors could not be copied, the program is made to hand them over, and makes its call again.
    /// </summary>
    /// <param name="stop">The stopped thread, answered if it makes its call again.</param>
    /// <param name="mayBlock">Whether this thread may wait for the program.</param>
    /// <param name="understood">True when the call will be judged, unless the stop is answered.</param>
    /// <returns>False when a thread that may wait must decode the call.</returns>
    public bool End(Stop stop, bool mayBlock, bool understood)
    {
        MemoryCopy.Current = null;
        reader.Socket = null;
        _socket?.Dispose();
        _socket = null;
        bool settled = _fetch.Settle(stop, mayBlock, understood, out bool failed);
        if (settled && stop.IsAnswered)
            Release();
        if (failed)
            Say();
        return settled;
    }

    private void Say()
    {
        if (Interlocked.Exchange(ref s_said, 1) == 0)
            say?.Invoke("a call on a socket was refused: neither pidfd_getfd(2) nor ptrace(2) yields the program's socket (a debugger inside, an undumpable program, a container without both)");
    }

    /// <summary>How the call is done.</summary>
    public IEmulation For(Stop stop)
    {
        if (_socket is not { } socket)
            return Refusal.ByPermission;
        _last = stop.Number switch
        {
            SyscallNumbers.connect => new ConnectEmulation(socket, roots, Address(stop, 1)),
            SyscallNumbers.listen => new ListenEmulation(socket, roots.Credentials),
            SyscallNumbers.bind => new BindEmulation(socket, roots.Credentials, Address(stop, 1)),
            _ => new SendEmulation(socket, roots.Credentials, stop, Messages(stop, socket)),
        };
        _socket = null;
        return _last;
    }

    private JudgedAddress? Address(Stop stop, int at) => _socket!.Find(stop.Register(at), (uint)stop.Register(at + 1));

    private List<OutgoingMessage> Messages(Stop stop, ProgramSocket socket) => stop.Number switch
    {
        SyscallNumbers.sendto => [Buffer(stop, socket)],
        SyscallNumbers.sendmsg => reader.Message() is { } message ? [OutgoingMessage.OfHeader(stop, socket, message, _fetch)] : [],
        _ => [.. reader.Messages().Select(message => OutgoingMessage.OfHeader(stop, socket, message, _fetch))],
    };

    private OutgoingMessage Buffer(Stop stop, ProgramSocket socket)
    {
        bool named = stop.Register(4) != 0;
        uint length = (uint)stop.Register(5);

        // An address of no length is none for all but these.
        bool isShort = length == 0 && socket.Type == ProgramSocket.SOCK_DGRAM && socket.Domain is ProgramSocket.AF_INET or ProgramSocket.AF_INET6;
        int errno = named && (length > SocketAddress.MaxLength || isShort) ? EINVAL : 0;
        return OutgoingMessage.OfBuffer(named && errno == 0 ? Address(stop, 4) : null, stop.Register(1), stop.Register(2), errno);
    }

    /// <summary>Lets go of what the last call was judged on, if nobody does it.</summary>
    public void Release()
    {
        _last?.Release();
        _last = null;
    }
}
