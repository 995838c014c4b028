using System.Buffers.Binary;
using Sandgate.Linux.Confine;
using Sandgate.Core.Trap;
using Sandgate.Linux.Interop;
using Sandgate.Linux.Trap;

namespace Sandgate.Linux.Enforce.Sockets;

/// <summary>A call on a socket that the supervisor does. It lets go of the socket before the program hears the result.</summary>
internal abstract class SocketEmulation(ProgramSocket socket, TargetCredentials credentials) : IEmulation
{
    protected const int EPERM = 1, EINTR = 4, EAGAIN = 11, EACCES = 13, EFAULT = 14, EINVAL = 22, EPIPE = 32, EMSGSIZE = 90;

    private const int ESRCH = 3, SO_SNDTIMEO = 21;

    private bool _released;

    /// <summary>The socket.</summary>
    protected ProgramSocket Socket { get; } = socket;

    /// <summary>Whether the program's rights may differ from the supervisor's.</summary>
    protected TargetCredentials Credentials { get; } = credentials;

    /// <summary>True while the call is in the hands of another thread.</summary>
    protected bool IsAway { get; private set; }

    /// <inheritdoc/>
    public abstract Outcome Carry(Stop stop);

    /// <inheritdoc/>
    public void Release()
    {
        if (!IsAway)
            LetGo();
    }

    /// <summary>Lets go of everything, and answers.</summary>
    protected Outcome Finish(SeccompStop stop, long result)
    {
        LetGo();
        return stop.Return(result);
    }

    /// <summary>Goes on with a call that waits, on a thread of its own.</summary>
    /// <param name="stop">The stop, which that thread answers.</param>
    /// <param name="rest">What is left to do; may wait, by <see cref="Interruptible"/>.</param>
    protected Outcome Wait(SeccompStop stop, Func<SeccompStop, long> rest)
    {
        SeccompStop parked = (SeccompStop)stop.Park();
        IsAway = true;
        bool begun = BlockingThreads.TryDo(() =>
        {
            using (parked)
                Finish(parked, Interrupted(rest(parked)));
        });
        if (begun)
            return Outcome.Emulated;
        using (parked)
            return Finish(parked, -EAGAIN);
    }

    /// <summary>Calls the kernel with the rights, and as far as that is possible with the identity, of the program's thread.</summary>
    protected long AsProgram(Stop stop, Func<long> call)
    {
        if (!Credentials.MayDiffer)
            return call();
        using PeerIdentity identity = PeerIdentity.Assume(stop.ThreadId);
        using TargetCredentials.Scope rights = Credentials.Assume(stop.ThreadId);
        return identity.IsRefused || rights.IsRefused ? -EPERM : call();
    }

    /// <summary>True when Landlock wouldn't let the program use a port so; it looks at TCP only.</summary>
    protected bool IsWalled(ReadOnlySpan<byte> address, PortRights right)
    {
        const int PortAt = 2, SO_PROTOCOL = 38, IPPROTO_TCP = 6;
        if (Credentials.Wall is not { } wall || Socket.Domain is not (ProgramSocket.AF_INET or ProgramSocket.AF_INET6) || Socket.Option(SO_PROTOCOL) != IPPROTO_TCP || address.Length < PortAt + sizeof(ushort))
            return false;

        // Without a family, connect(2) dissolves a connection.
        bool dissolves = right == PortRights.Connect && BinaryPrimitives.ReadUInt16LittleEndian(address) == ProgramSocket.AF_UNSPEC;
        return !dissolves && !wall.Allows(BinaryPrimitives.ReadUInt16BigEndian(address[PortAt..]), right);
    }

    /// <summary>Lets go of what the call needs.</summary>
    protected virtual void LetGo()
    {
        if (_released)
            return;
        _released = true;
        Socket.Dispose();
    }

    // A socket with a time limit of its own doesn't make the call again (socket(7)).
    private long Interrupted(long result) =>
        result == -Interruptible.ERESTARTSYS && Socket.Option(SO_SNDTIMEO) != 0 ? -EINTR : result == -ESRCH ? -EPERM : result;
}
