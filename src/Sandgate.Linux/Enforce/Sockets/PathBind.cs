using Sandgate.Linux.Decode;
using Sandgate.Linux.Interop;
using Sandgate.Linux.Launch;

namespace Sandgate.Linux.Enforce.Sockets;

/// <summary>
/// bind(2) of a unix socket to a path. The kernel keeps the path as it was given, and shows it to both ends: so the call must be
/// made with those very bytes, and the file must be made in the directory that was judged all the same.
/// </summary>
/// <remarks>
/// A child of the supervisor that shares its descriptors makes the call: its working directory and umask are its own. A name
/// without a slash is made in the judged directory because that is the child's working directory. Any other is looked up by the kernel again; the
/// child is confined to making sockets beneath the judged directory (landlock(7)), so that a link that was changed meanwhile leads to EACCES.
/// </remarks>
internal static unsafe class PathBind
{
    private const int EPERM = 1, EACCES = 13, ENOENT = 2, PR_SET_NO_NEW_PRIVS = 38, AT_SYMLINK_NOFOLLOW = 0x100;
    private const ulong LANDLOCK_ACCESS_FS_MAKE_SOCK = 1 << 9;
    private const int LANDLOCK_RULE_PATH_BENEATH = 1;

    /// <summary>
    /// The directory that the call's path is looked up from by a child of the supervisor, opened with the supervisor's own rights; -1 when none is
    /// needed, or a negative errno when the program looks it up otherwise than the supervisor could.
    /// </summary>
    public static int OpenStart(int threadId, byte[] address)
    {
        ReadOnlySpan<byte> path = PathIn(address);
        return !path.Contains((byte)'/') ? -1 : path[0] == (byte)'/' && !SharesRoot(threadId) ? -EACCES : Math.Max(-EACCES, WorkingDirectory(threadId));
    }

    /// <summary>Binds. Returns 0 or a negative errno.</summary>
    /// <param name="threadId">The program's thread.</param>
    /// <param name="start">What <see cref="OpenStart"/> found.</param>
    /// <param name="socket">The supervisor's descriptor of its socket.</param>
    /// <param name="address">The address as the program gave it.</param>
    /// <param name="entry">The directory and name that were judged.</param>
    public static long Bind(int threadId, int start, int socket, byte[] address, HeldPath entry)
    {
        if (entry.Parent < 0)
            return entry.Errno == 0 ? -ENOENT : -entry.Errno;
        bool looksUp = PathIn(address).Contains((byte)'/');
        if (looksUp && start < 0)
            return -EPERM;

        using LaunchPlan plan = new();
        plan.Add(StepScope.Child, "take over the umask", SyscallNumbers.umask, Umask.Of(threadId));
        int rules = -1;
        try
        {
            if (looksUp)
            {
                rules = Confinement(entry.Parent);
                if (rules < 0)
                    return -EPERM;
                plan.Add(StepScope.Child, "go to the working directory", SyscallNumbers.fchdir, start);
                plan.Add(StepScope.Child, "gain nothing by execve", SyscallNumbers.prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
                plan.Add(StepScope.Child, "make sockets in one directory only", SyscallNumbers.landlock_restrict_self, rules, 0);
            }
            else
                plan.Add(StepScope.Child, "go to the socket's directory", SyscallNumbers.fchdir, entry.Parent);
            plan.Add(StepScope.Child, "bind", SyscallNumbers.bind, socket, (long)plan.Memory.Copy<byte>(address), address.Length);
            LaunchResult result = new VforkChild().Run(plan, _ => { });
            if (!result.Runs)
                return result.FailedStep == plan.Steps.Count - 1 || result.FailedStep < 0 ? -result.Errno : -EPERM;
            return looksUp && !IsThere(entry) ? -EACCES : 0;
        }
        finally
        {
            if (rules >= 0)
                Files.Close(rules);
        }
    }

    private static ReadOnlySpan<byte> PathIn(byte[] address)
    {
        ReadOnlySpan<byte> path = address.AsSpan(2);
        int end = path.IndexOf((byte)0);
        return end < 0 ? path : path[..end];
    }

    private static int WorkingDirectory(int threadId)
    {
        Span<byte> path = stackalloc byte[ProcPath.Room];
        new ProcPath(path).Add("/proc/"u8).Add(threadId).Add("/cwd"u8);
        return Files.Open(Files.AT_FDCWD, path, Files.O_PATH | Files.O_DIRECTORY | Files.O_CLOEXEC);
    }

    // Rules that allow sockets to be made beneath one directory, and nowhere else. Negative where the kernel doesn't have them.
    private static int Confinement(int directory)
    {
        ulong handled = LANDLOCK_ACCESS_FS_MAKE_SOCK;

        // SAFETY: handled is the first field of struct landlock_ruleset_attr, and as long as said.
        int rules = (int)Libc.Call(SyscallNumbers.landlock_create_ruleset, (long)(&handled), sizeof(ulong), 0);
        if (rules < 0)
            return rules;

        // struct landlock_path_beneath_attr: the rights, and the directory.
        byte* beneath = stackalloc byte[12];
        *(ulong*)beneath = LANDLOCK_ACCESS_FS_MAKE_SOCK;
        *(int*)(beneath + sizeof(ulong)) = directory;

        // SAFETY: beneath is as long as the struct and lives on this stack for the whole call.
        long added = Libc.Call(SyscallNumbers.landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, (long)beneath, 0);
        if (added == 0)
            return rules;
        Files.Close(rules);
        return (int)added;
    }

    // Beneath the judged directory there may be others, to which a changed link leads: the socket must be in the directory itself.
    private static bool IsThere(HeldPath entry)
    {
        const uint S_IFMT = 0xf000, S_IFSOCK = 0xc000;
        byte[] name = entry.Name.ToArray();
        Span<byte> stat = stackalloc byte[144];

        // SAFETY: the name ends in NUL; stat is as long as struct stat; both live for the whole call.
        fixed (byte* bytes = name, room = stat)
        {
            return Libc.Call(SyscallNumbers.newfstatat, entry.Parent, (long)bytes, (long)room, AT_SYMLINK_NOFOLLOW) == 0
                && (*(uint*)(room + 24) & S_IFMT) == S_IFSOCK;
        }
    }

    private static bool SharesRoot(int threadId) => SameLink(threadId, "/root"u8, "/proc/self/root\0"u8) && SameLink(threadId, "/ns/mnt"u8, "/proc/self/ns/mnt\0"u8);

    private static bool SameLink(int threadId, ReadOnlySpan<byte> name, ReadOnlySpan<byte> own)
    {
        Span<byte> path = stackalloc byte[ProcPath.Room], theirs = stackalloc byte[Files.PathMax], ours = stackalloc byte[Files.PathMax];
        new ProcPath(path).Add("/proc/"u8).Add(threadId).Add(name);
        int count = Files.ReadLink(Files.AT_FDCWD, path, theirs), ownCount = Files.ReadLink(Files.AT_FDCWD, own, ours);
        return count > 0 && count == ownCount && theirs[..count].SequenceEqual(ours[..count]);
    }
}
