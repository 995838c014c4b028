using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Enforce.Sockets;

/// <summary>
/// The address that the kernel is given for one that was judged: the program's own bytes, but where they name a file the way to the file that
/// is held. Such an address means the file and nothing else, whatever happens to names.
/// </summary>
internal readonly record struct KernelAddress(byte[] Bytes, int Errno)
{
    private const int ENOENT = 2, EINVAL = 22;

    // struct sockaddr_un
    private const int LongestUnix = 110;

    /// <summary>The address for a call that sends to, or connects with, somebody.</summary>
    public static KernelAddress Of(ProgramSocket socket, JudgedAddress judged)
    {
        if (socket.Domain != ProgramSocket.AF_UNIX || judged.File is not { } file)
            return new(judged.Bytes, 0);
        if (judged.Bytes.Length > LongestUnix)
            return new([], EINVAL);
        if (file.Object < 0)
            return new([], file.Errno == 0 ? ENOENT : file.Errno);
        Span<byte> path = stackalloc byte[ProcPath.Room];
        new ProcPath(path).Add("/proc/self/fd/"u8).Add(file.Object);
        return new([.. BitConverter.GetBytes((short)ProgramSocket.AF_UNIX), .. path[..(path.IndexOf((byte)0) + 1)]], 0);
    }
}
