using Sandgate.Core.Trap;
using Sandgate.Linux.Interop;
using Sandgate.Linux.Trap;

namespace Sandgate.Linux.Enforce.Sockets;

/// <summary>
/// listen(2). Whoever connects to a Unix socket is told who listened (SO_PEERCRED of unix(7)), so there the program itself must: another thread
/// could put another socket under the number, which is why rules on listen are racy.
/// </summary>
internal sealed class ListenEmulation(ProgramSocket socket, TargetCredentials credentials) : SocketEmulation(socket, credentials)
{
    /// <inheritdoc/>
    public override Outcome Carry(Stop stop)
    {
        SeccompStop answer = (SeccompStop)stop;
        if (Socket.Domain != ProgramSocket.AF_UNIX)
            return Finish(answer, AsProgram(stop, () => Libc.Call(SyscallNumbers.listen, Socket.Descriptor, (int)stop.Register(1))));
        Release();
        return answer.Continue();
    }
}
