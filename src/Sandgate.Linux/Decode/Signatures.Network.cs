using static Sandgate.Core.Decode.Operation;
using static Sandgate.Linux.Decode.Role;

namespace Sandgate.Linux.Decode;

/// <summary>Sockets and message queues.</summary>
internal static partial class Signatures
{
    private static Signature[] Network() =>
    [
        // A pair of streams is connected only to itself: no way out of the program. One of datagrams can be connected anew.
        new("socket", Socket, SocketFamily, SocketType, Int),
        new("socketpair", Socket, SocketFamily, SocketType, Int, Hex),

        // Addresses. Who listens without one is given one.
        new("connect", Connect, SocketFd, SockAddr, Int),
        new("bind", Bind, SocketFd, SockAddr, Int),
        new("listen", [Listen, Bind], [SocketFd, Int]),
        new("accept", Accept, SocketFd, Hex, Hex),
        new("accept4", Accept, SocketFd, Hex, Hex, Hex),

        // Data. A sending call that is given an address also connects.
        new("sendto", [Send, Connect], [SocketFd, InData, Size, Hex, SockAddr, Int]),
        new("sendmsg", [Send, Connect], [SocketFd, InMessage, Hex]),
        new("sendmmsg", [Send, Connect], [SocketFd, InMessages, UInt, Hex]),
        new("recvfrom", Receive, SocketFd, Hex, Size, Hex, Hex, Hex),
        new("recvmsg", Receive, SocketFd, Hex, Hex),
        new("recvmmsg", Receive, SocketFd, Hex, UInt, Hex, Hex),

        // State
        new("shutdown", Fd, Int),
        new("getsockname", Fd, Hex, Hex),
        new("getpeername", Fd, Hex, Hex),
        new("setsockopt", Fd, Int, Int, Hex, Int),
        new("getsockopt", Fd, Int, Int, Hex, Hex),

        // POSIX message queues: their names are not paths
        new("mq_open", Text, Hex, Permissions, Hex),
        new("mq_unlink", Text),
        new("mq_timedsend", Fd, InData, Size, UInt, Hex),
        new("mq_timedreceive", Fd, Hex, Size, Hex, Hex),
        new("mq_notify", Fd, Hex),
        new("mq_getsetattr", Fd, Hex, Hex),

        // System V
        new("msgget", Int, Hex),
        new("msgsnd", Int, Hex, Size, Hex),
        new("msgrcv", Int, Hex, Size, Long, Hex),
        new("msgctl", Int, Int, Hex),
        new("semget", Int, Int, Hex),
        new("semop", Int, Hex, UInt),
        new("semtimedop", Int, Hex, UInt, Hex),
        new("semctl", Int, Int, Int, Hex),
        new("shmget", Int, Size, Hex),
        new("shmat", Int, Hex, Hex),
        new("shmdt", Hex),
        new("shmctl", Int, Int, Hex),
    ];
}
