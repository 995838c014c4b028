using System.Buffers.Text;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Decode;

/// <summary>What a process descriptor of a thread (pidfd_open(2)) stands for, looked at once: another thread can put another under its number at any moment.</summary>
/// <param name="Errno">EBADF when it is none; ESRCH when what it stood for is gone; else 0.</param>
/// <param name="Task">The thread it stands for, or the first one of the process; 0 when that can't be told.</param>
/// <param name="IsOfThread">True when it stands for one thread and not for its process (PIDFD_THREAD).</param>
internal readonly record struct ProcessHandle(int Errno, int Task, bool IsOfThread)
{
    private const int ENOENT = 2, ESRCH = 3, EBADF = 9;

    /// <summary>The process, also of a thread; 0 when it can't be told.</summary>
    public int Process => Task > 0 ? ProcessFacts.ProcessOf(Task) : 0;

    /// <summary>Looks behind a descriptor.</summary>
    public static ProcessHandle Read(int threadId, int descriptor)
    {
        const int PIDFD_THREAD = 0x80;      // O_EXCL
        Span<byte> path = stackalloc byte[ProcPath.Room], info = stackalloc byte[512];
        new ProcPath(path).Add("/proc/"u8).Add(threadId).Add("/fdinfo/"u8).Add(descriptor);
        int count = descriptor < 0 ? -ENOENT : Files.ReadWhole(path, info);
        if (count <= 0)
            return new(count == -ENOENT ? EBADF : 0, 0, false);
        ReadOnlySpan<byte> lines = info[..count], label = "\nPid:\t"u8;
        int at = lines.IndexOf(label);

        if (at < 0)
            return new(MayBeDirectoryOfProcess(threadId, descriptor) ? 0 : EBADF, 0, false);
        int task = Utf8Parser.TryParse(lines[(at + label.Length)..], out int id, out _) ? id : 0;
        return new(task < 0 ? ESRCH : 0, Math.Max(0, task), (ProcessFacts.FlagsIn(lines) & PIDFD_THREAD) != 0);
    }

    // The kernel takes /proc/PID for a process descriptor, too. Whose it is, is not looked up: procfs can be mounted elsewhere, and tell another namespace's ids.
    private static bool MayBeDirectoryOfProcess(int threadId, int descriptor)
    {
        Span<byte> path = stackalloc byte[ProcPath.Room], name = stackalloc byte[Files.PathMax];
        new ProcPath(path).Add("/proc/"u8).Add(threadId).Add("/fd/"u8).Add(descriptor);
        int count = Files.ReadLink(Files.AT_FDCWD, path, name);
        return count <= 0 || (name[0] == (byte)'/' && !name[(name[..count].LastIndexOf((byte)'/') + 1)..count].ContainsAnyExceptInRange((byte)'0', (byte)'9'));
    }
}
