using System.Buffers.Binary;
using Sandgate.Core.Trap;
using Sandgate.Linux.Decode;
using Sandgate.Linux.Interop;
using Sandgate.Linux.Trap;

namespace Sandgate.Linux.Enforce.Sockets;

/// <summary>
/// listen(2). Whoever connects to a Unix socket is told who listened (SO_PEERCRED of unix(7)), so there the program itself must: another thread
/// could put another socket under the number, which is why rules on listen are racy.
/// </summary>
/// <remarks>A socket without a port is given one by the kernel, which is a <c>bind</c>. One that has a port when it is judged can be rid of it by then.</remarks>
internal sealed class ListenEmulation(ProgramSocket socket, TargetCredentials credentials) : SocketEmulation(socket, credentials)
{
    /// <inheritdoc/>
    public override Outcome Carry(Stop stop)
    {
        SeccompStop answer = (SeccompStop)stop;
        if (Socket.Domain != ProgramSocket.AF_UNIX)
            return Finish(answer, AsProgram(stop, () => Listen((int)stop.Register(1))));
        Release();
        return answer.Continue();
    }

    private long Listen(int backlog)
    {
        const int SHUT_RDWR = 2;
        long result = Libc.Call(SyscallNumbers.listen, Socket.Descriptor, backlog);
        if (result < 0 || PortOf(Socket.Own) is not (> 0 and var port))
            return result;
        SocketNames.TryAsk(Socket.Descriptor, peer: false, out _, out byte[] own);
        if (PortOf(own) == port)
            return result;
        Libc.Call(SyscallNumbers.shutdown, Socket.Descriptor, SHUT_RDWR);
        return -EACCES;
    }

    private static int PortOf(byte[]? address) => address is { Length: >= 4 } ? BinaryPrimitives.ReadUInt16BigEndian(address.AsSpan(2)) : 0;
}
