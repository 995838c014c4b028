using Sandgate.Core.Trap;
using Sandgate.Linux.Interop;
using Sandgate.Linux.Trap;

namespace Sandgate.Linux.Enforce.Sockets;

/// <summary>bind(2).</summary>
internal sealed unsafe class BindEmulation(ProgramSocket socket, TargetCredentials credentials, JudgedAddress? address) : SocketEmulation(socket, credentials)
{
    /// <inheritdoc/>
    public override Outcome Carry(Stop stop)
    {
        SeccompStop answer = (SeccompStop)stop;
        if ((uint)stop.Register(2) > Decode.SocketAddress.MaxLength)
            return Finish(answer, -EINVAL);
        if (address is null)
            return Finish(answer, -EPERM);
        return Finish(answer, AsProgram(stop, () => Bind(stop, address)));
    }

    private long Bind(Stop stop, JudgedAddress to)
    {
        if (Socket.Domain == ProgramSocket.AF_UNIX && to.File is { } entry)
            return PathBind.Bind(stop.ThreadId, Socket.Descriptor, to.Bytes, entry);

        // SAFETY: the address is as long as said and lives for the whole call.
        fixed (byte* bytes = to.Bytes)
            return Libc.Call(SyscallNumbers.bind, Socket.Descriptor, (long)bytes, to.Bytes.Length);
    }
}
