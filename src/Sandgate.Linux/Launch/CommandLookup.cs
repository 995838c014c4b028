using Sandgate.Core.Decode;
using Sandgate.Linux.Decode;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Launch;

/// <summary>Finds the file that a command names, as execvp(3) does.</summary>
internal static unsafe class CommandLookup
{
    private const int X_OK = 1, EACCES = 13, ENOENT = 2, EISDIR = 21;

    /// <summary>The file to execute, or an errno: ENOENT when there is none, EACCES when what is there can't be executed.</summary>
    /// <param name="command">The command.</param>
    /// <param name="searchPath">PATH; null when it isn't set.</param>
    /// <param name="root">The real path of the root directory it will have; null for the supervisor's own.</param>
    public static (string? File, int Errno) Find(string command, string? searchPath, string? root = null)
    {
        if (command.Length == 0)
            return (null, ENOENT);
        if (command.Contains('/', StringComparison.Ordinal))
            return Check(command, root) is var errno and not 0 ? (null, errno) : (command, 0);

        int worst = ENOENT;
        foreach (string directory in (searchPath ?? "/usr/local/bin:/usr/bin:/bin").Split(':'))
        {
            string file = directory.Length == 0 ? "./" + command : directory + "/" + command;
            switch (Check(file, root))
            {
                case 0: return (file, 0);
                case EACCES: worst = EACCES; break;
            }
        }

        return (null, worst);
    }

    private static int Check(string file, string? root)
    {
        if (root is not null)
        {
            byte[] path = [.. TargetText.ToBytes(file), 0];
            if (HeldObject.Find(Environment.ProcessId, new(), Files.AT_FDCWD, path.AsSpan(0, path.Length - 1), file, followLast: true, out HeldObject held, root) is not 0 and var errno)
                return errno;
            if (held.Handle is not { } found)
                return ENOENT;
            int answer = Check($"/proc/self/fd/{found.DangerousGetHandle()}", null);
            held.LetGo();
            return answer;
        }

        if (Directory.Exists(file))
            return file.Contains('/', StringComparison.Ordinal) ? EACCES : EISDIR;
        using NativeArena memory = new();

        // SAFETY: the path is NUL-terminated and lives until the arena is disposed of.
        long result = Libc.CallBlocking(SyscallNumbers.faccessat2, -100, (long)memory.Text(file), X_OK, 0x200 /* AT_EACCESS */);
        if (result == -38)
            result = Libc.CallBlocking(SyscallNumbers.faccessat, -100, (long)memory.Text(file), X_OK);
        return (int)-result;
    }
}
