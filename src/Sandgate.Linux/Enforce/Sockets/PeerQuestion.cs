using System.Runtime.InteropServices;
using Sandgate.Core.Trap;
using Sandgate.Linux.Decode;
using Sandgate.Linux.Decode.Names;
using Sandgate.Linux.Interop;
using Sandgate.Linux.Trap;

namespace Sandgate.Linux.Enforce.Sockets;

/// <summary>
/// getsockopt(2) with SO_PEERCRED or SO_PEERPIDFD, about a connection that the supervisor made for a program of the tree: the kernel would tell the
/// supervisor's process id (unix(7)).
/// </summary>
/// <remarks>Nothing is judged by it. Who races gets an answer about another socket of his own.</remarks>
internal sealed class PeerQuestion(ConnectionBook book) : IEmulation
{
    private const int ESRCH = 3, EFAULT = 14, EINVAL = 22;

    /// <summary>The options, of level <see cref="SOL_SOCKET"/>.</summary>
    public const int SOL_SOCKET = 1, SO_PEERCRED = 17, SO_PEERPIDFD = 77;

    /// <summary>An answer, where one may be needed; else null.</summary>
    public static PeerQuestion? For(Stop stop, ConnectionBook book) =>
        (int)stop.Register(1) == SOL_SOCKET && (int)stop.Register(2) is SO_PEERCRED or SO_PEERPIDFD && !book.IsEmpty ? new(book) : null;

    /// <inheritdoc/>
    public Outcome Carry(Stop stop)
    {
        SeccompStop own = (SeccompStop)stop;
        uint peer = DnsSockets.InodeOf(stop.ThreadId, (int)stop.Register(0)) is { } inode ? SocketDiag.PeerOf((uint)inode) : 0;
        if (peer == 0 || book.Find(peer) is not { } connecter)
            return own.Continue();
        Span<int> room = stackalloc int[1];
        if (TargetMemory.ReadNow(stop.ThreadId, stop.Register(4), MemoryMarshal.AsBytes(room)) != sizeof(int))
            return own.Fail(EFAULT);
        return room[0] < 0 ? own.Fail(EINVAL) : own.Return((int)stop.Register(2) == SO_PEERCRED ? Credentials(stop, connecter, room[0]) : Handle(own, connecter, room[0]));
    }

    // struct ucred, as the asker's own namespaces count.
    private static int Credentials(Stop stop, ConnectionBook.Connecter connecter, int room)
    {
        uint user = IdMap.OfUsers(stop.ThreadId)?.Inside(connecter.User) ?? connecter.User;
        uint group = IdMap.OfGroups(stop.ThreadId)?.Inside(connecter.Group) ?? connecter.Group;
        int level = InnerIds.LevelOf(stop.ThreadId);
        return Tell(stop, [level < connecter.Processes.Length ? (uint)connecter.Processes[level] : 0, user, group], room);
    }

    private static int Handle(SeccompStop stop, ConnectionBook.Connecter connecter, int room)
    {
        int handle = connecter.Processes is [var process, ..] ? (int)Libc.Call(SyscallNumbers.pidfd_open, process, 0) : -ESRCH;
        if (handle < 0)
            return handle;
        long given = stop.Lend(handle);
        Files.Close(handle);
        return given < 0 ? (int)given : Tell(stop, [(uint)given], room);
    }

    private static int Tell(Stop stop, ReadOnlySpan<uint> words, int room)
    {
        ReadOnlySpan<byte> told = MemoryMarshal.AsBytes(words);
        told = told[..Math.Min(told.Length, room)];
        int length = told.Length;
        return TargetMemory.Write(stop, stop.Register(3), told) == 0
            && TargetMemory.Write(stop, stop.Register(4), MemoryMarshal.AsBytes(new ReadOnlySpan<int>(ref length))) == 0 ? 0 : -EFAULT;
    }
}
