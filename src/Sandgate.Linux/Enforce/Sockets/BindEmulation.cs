using Sandgate.Linux.Confine;
using Sandgate.Core.Trap;
using Sandgate.Linux.Interop;
using Sandgate.Linux.Trap;

namespace Sandgate.Linux.Enforce.Sockets;

/// <summary>bind(2).</summary>
internal sealed unsafe class BindEmulation(ProgramSocket socket, TargetCredentials credentials, JudgedAddress? address) : SocketEmulation(socket, credentials)
{
    // struct sockaddr_nl: the number follows the family and two bytes of padding.
    private const uint S_IFSOCK = 0xc000;
    private const int NetlinkLength = 12, NetlinkNumber = 4;

    /// <inheritdoc/>
    public override Outcome Carry(Stop stop)
    {
        SeccompStop answer = (SeccompStop)stop;
        if ((uint)stop.Register(2) > Decode.SocketAddress.MaxLength)
            return Finish(answer, -EINVAL);
        if (address is null)
            return Finish(answer, -EPERM);
        if (IsWalled(address.Bytes, PortRights.Bind))
            return Finish(answer, -EACCES);
        if (Socket.Domain != ProgramSocket.AF_UNIX || address.File is not { } entry)
            return Finish(answer, AsProgram(stop, () => Bind(stop, address)));

        if (entry.Parent >= 0 && Credentials.Wall?.Make(entry.Parent, S_IFSOCK) is > 0 and var refused)
            return Finish(answer, -refused);

        // What the program may see of its own directories, its rights in the supervisor's hands don't show.
        int start = PathBind.OpenStart(stop.ThreadId, address.Bytes);
        long bound = AsProgram(stop, () => PathBind.Bind(stop.ThreadId, start, Socket.Descriptor, address.Bytes, entry));
        if (start >= 0)
            Files.Close(start);
        return Finish(answer, bound);
    }

    private long Bind(Stop stop, JudgedAddress to)
    {
        // Where the kernel chooses a netlink socket's number, it takes the caller's process id if that is free: the program's, then.
        const int EADDRINUSE = 98;
        if (Socket.Domain == ProgramSocket.AF_NETLINK && to.Bytes.Length >= NetlinkLength && BitConverter.ToInt32(to.Bytes, NetlinkNumber) == 0 && !HasNumber())
        {
            byte[] numbered = [.. to.Bytes];
            BitConverter.TryWriteBytes(numbered.AsSpan(NetlinkNumber), Decode.ProcessFacts.ProcessOf(stop.ThreadId));
            if (Bind(numbered) is not -EADDRINUSE and var result)
                return result;
        }

        return Bind(to.Bytes);
    }

    private bool HasNumber()
    {
        byte* own = stackalloc byte[NetlinkLength];
        int length = NetlinkLength;

        // SAFETY: own is as long as length says; both live on this stack for the whole call.
        return Libc.Call(SyscallNumbers.getsockname, Socket.Descriptor, (long)own, (long)(&length)) != 0 || *(int*)(own + NetlinkNumber) != 0;
    }

    private long Bind(byte[] address)
    {
        // SAFETY: the address is as long as said and lives for the whole call.
        fixed (byte* bytes = address)
            return Libc.Call(SyscallNumbers.bind, Socket.Descriptor, (long)bytes, address.Length);
    }
}
