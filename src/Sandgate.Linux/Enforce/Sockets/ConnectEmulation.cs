using Sandgate.Linux.Confine;
using Sandgate.Core.Trap;
using Sandgate.Linux.Decode;
using Sandgate.Linux.Interop;
using Sandgate.Linux.Trap;

namespace Sandgate.Linux.Enforce.Sockets;

/// <summary>connect(2).</summary>
internal sealed unsafe class ConnectEmulation(ProgramSocket socket, TargetRoots roots, JudgedAddress? address) : SocketEmulation(socket, roots.Credentials)
{
    /// <inheritdoc/>
    public override Outcome Carry(Stop stop)
    {
        SeccompStop answer = (SeccompStop)stop;
        if ((uint)stop.Register(2) > Decode.SocketAddress.MaxLength)
            return Finish(answer, -EINVAL);
        if (address is null)
            return Finish(answer, -EPERM);
        if (IsWalled(address.Bytes, PortRights.Connect))
            return Finish(answer, -EACCES);
        KernelAddress to = KernelAddress.Of(Socket, address);
        if (to.Errno != 0)
            return Finish(answer, -to.Errno);

        // Noted before: whoever accepts it may ask at once.
        if (Socket.Domain == ProgramSocket.AF_UNIX && Socket.Type != ProgramSocket.SOCK_DGRAM && Files.Stat(Socket.Descriptor, out FileIdentity identity))
            roots.Connections.Note((uint)identity.Inode, stop.ThreadId);

        // Only connections wait; a datagram socket just notes its peer.
        return Socket.Type == ProgramSocket.SOCK_DGRAM || Socket.NeverWaits
            ? Finish(answer, Connect(stop, to, waits: false))
            : Wait(answer, parked => Connect(parked, to, waits: true));
    }

    private long Connect(Stop stop, KernelAddress to, bool waits) => AsProgram(stop, () =>
    {
        // SAFETY: the address is as long as said and lives for the whole call.
        fixed (byte* bytes = to.Bytes)
        {
            return waits
                ? Interruptible.Call(stop, SyscallNumbers.connect, Socket.Descriptor, (long)bytes, to.Bytes.Length)
                : Libc.Call(SyscallNumbers.connect, Socket.Descriptor, (long)bytes, to.Bytes.Length);
        }
    });
}
