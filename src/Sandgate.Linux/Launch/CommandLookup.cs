using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Launch;

/// <summary>Finds the file that a command names, as execvp(3) does.</summary>
internal static unsafe class CommandLookup
{
    private const int X_OK = 1, EACCES = 13, ENOENT = 2, EISDIR = 21;

    /// <summary>The file to execute, or an errno: ENOENT when there is none, EACCES when what is there can't be executed.</summary>
    public static (string? File, int Errno) Find(string command, string? searchPath)
    {
        if (command.Length == 0)
            return (null, ENOENT);
        if (command.Contains('/', StringComparison.Ordinal))
            return Check(command) is var errno and not 0 ? (null, errno) : (command, 0);

        int worst = ENOENT;
        foreach (string directory in (searchPath ?? "/usr/local/bin:/usr/bin:/bin").Split(':'))
        {
            string file = directory.Length == 0 ? "./" + command : directory + "/" + command;
            switch (Check(file))
            {
                case 0: return (file, 0);
                case EACCES: worst = EACCES; break;
            }
        }

        return (null, worst);
    }

    private static int Check(string file)
    {
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
