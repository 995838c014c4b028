using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Decode;

/// <summary>Who is in whose user namespace: a capability counts in the one that its owner is in, and in those below (user_namespaces(7)).</summary>
internal static class UserNamespaces
{
    private const ulong NS_GET_PARENT = 0xb702;

    // All others are below the first one (include/linux/proc_ns.h, PROC_USER_INIT_INO).
    private const ulong First = 0xEFFFFFFD;

    // create_user_ns() makes none that is deeper (kernel/user_namespace.c).
    private const int MostLevels = 33;

    /// <summary>True when what a process is capable of counts for another process.</summary>
    /// <param name="process">The one.</param>
    /// <param name="other">The other.</param>
    public static bool Reaches(int process, int other)
    {
        if (!TryIdentify(Open(process), out FileIdentity wanted))
            return false;
        if (wanted.Inode == First)
            return true;
        int level = Open(other);
        for (int i = 0; i < MostLevels && level >= 0; i++)
        {
            int parent = (int)Libc.Call(SyscallNumbers.ioctl, level, (long)NS_GET_PARENT);
            bool isIt = TryIdentify(level, out FileIdentity its) && its.IsSameFile(wanted);
            level = parent;
            if (!isIt)
                continue;
            if (level >= 0)
                Files.Close(level);
            return true;
        }

        return false;
    }

    private static int Open(int process)
    {
        Span<byte> path = stackalloc byte[ProcPath.Room];
        new ProcPath(path).Add("/proc/"u8).Add(process).Add("/ns/user"u8);
        return Files.OpenAt2(Files.AT_FDCWD, path, Files.O_RDONLY | Files.O_CLOEXEC, 0, mayBlock: true);
    }

    private static bool TryIdentify(int descriptor, out FileIdentity identity)
    {
        identity = default;
        bool known = descriptor >= 0 && Files.Stat(descriptor, out identity);
        if (descriptor >= 0)
            Files.Close(descriptor);
        return known;
    }
}
