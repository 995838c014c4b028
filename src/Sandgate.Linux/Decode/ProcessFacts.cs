using System.Buffers.Text;
using Sandgate.Core.Decode;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Decode;

/// <summary>What /proc tells of a process. Everything may be gone at any moment; then there is no answer.</summary>
internal static class ProcessFacts
{
    /// <summary>The process that a thread belongs to; 0 when it is gone.</summary>
    public static int ProcessOf(int threadId) => StatusField(threadId, "\nTgid:\t"u8) is { } id ? (int)id : 0;

    /// <summary>The parent of a process; 0 when it is gone.</summary>
    public static int ParentOf(int processId) => StatusField(processId, "\nPPid:\t"u8) is { } id ? (int)id : 0;

    /// <summary>The ids that a thread and its process have in the PID namespace they are in; 0 when they are gone.</summary>
    public static (int Process, int Thread) InnerIdsOf(int threadId)
    {
        ReadOnlySpan<byte> status = ProcStatus.Read(threadId, stackalloc byte[ProcStatus.Room]);
        return (LastOf(ProcStatus.Line(status, "\nNStgid:\t"u8)), LastOf(ProcStatus.Line(status, "\nNSpid:\t"u8)));
    }

    /// <summary>How many PID namespaces a process is in, from the supervisor's to its own; 0 when it is gone.</summary>
    public static int PidLevelsOf(int processId)
    {
        ReadOnlySpan<byte> line = ProcStatus.Line(ProcStatus.Read(processId, stackalloc byte[ProcStatus.Room]), "\nNStgid:\t"u8);
        return line.IsEmpty ? 0 : 1 + line.Count((byte)'\t');
    }

    // From the outermost namespace to the innermost, with tabs between.
    private static int LastOf(ReadOnlySpan<byte> line) =>
        Utf8Parser.TryParse(line[(line.LastIndexOf((byte)'\t') + 1)..], out int id, out _) ? id : 0;

    /// <summary>The name that a thread gives itself (prctl(2), PR_SET_NAME); null when it is gone.</summary>
    public static string? NameOf(int threadId)
    {
        Span<byte> path = stackalloc byte[ProcPath.Room], name = stackalloc byte[64];
        new ProcPath(path).Add("/proc/"u8).Add(threadId).Add("/comm"u8);
        int count = Files.ReadWhole(path, name);
        return count > 0 ? TargetText.FromBytes(name[..count].TrimEnd((byte)'\n')) : null;
    }

    /// <summary>The file that a process runs; null when it is gone or may not be looked at.</summary>
    public static string? ExecutableOf(int processId) => LinkOf(processId, "/exe"u8);

    /// <summary>True when a thread has the supervisor's mounts and not some of its own (mount_namespaces(7)).</summary>
    public static bool SharesMounts(int threadId) =>
        Shares(threadId, "/ns/mnt"u8);

    /// <summary>True when a thread has the supervisor's process ids and not those of a PID namespace of its own (pid_namespaces(7)).</summary>
    public static bool SharesPids(int threadId) =>
        PidNamespaceOf(threadId) is { } its && its == PidNamespaceOf(Environment.ProcessId);

    /// <summary>True when a thread is in none but the supervisor's namespaces, as far as files are about them.</summary>
    public static bool SharesNamespaces(int threadId) =>
        Shares(threadId, "/ns/net"u8) && Shares(threadId, "/ns/ipc"u8) && Shares(threadId, "/ns/uts"u8) && Shares(threadId, "/ns/user"u8) && Shares(threadId, "/ns/cgroup"u8);

    private static bool Shares(int threadId, ReadOnlySpan<byte> kind) => LinkOf(threadId, kind) is { } its && its == LinkOf(Environment.ProcessId, kind);

    /// <summary>The PID namespace that a thread is in, by a name that no other one has; null when it is gone or may not be looked at.</summary>
    public static string? PidNamespaceOf(int threadId) => LinkOf(threadId, "/ns/pid"u8);

    private static string? LinkOf(int processId, ReadOnlySpan<byte> link)
    {
        Span<byte> path = stackalloc byte[ProcPath.Room], name = stackalloc byte[Files.PathMax];
        new ProcPath(path).Add("/proc/"u8).Add(processId).Add(link);
        int count = Files.ReadLink(Files.AT_FDCWD, path, name);
        return count > 0 ? ShownName.Of(TargetText.FromBytes(name[..count]), path, processId) : null;
    }

    /// <summary>The effective user id of a thread; null when it is gone.</summary>
    public static uint? UserOf(int threadId)
    {
        Span<byte> path = stackalloc byte[ProcPath.Room], status = stackalloc byte[512];
        new ProcPath(path).Add("/proc/"u8).Add(threadId).Add("/status"u8);
        int count = Files.ReadWhole(path, status);
        if (count <= 0)
            return null;

        // Real, effective, saved and file system user id, with tabs between (proc(5)).
        ReadOnlySpan<byte> lines = status[..count], label = "\nUid:\t"u8;
        int at = lines.IndexOf(label);
        int tab = at < 0 ? -1 : lines[(at + label.Length)..].IndexOf((byte)'\t');
        return tab >= 0 && Utf8Parser.TryParse(lines[(at + label.Length + tab + 1)..], out uint user, out _) ? user : null;
    }

    /// <summary>The arguments of a process with spaces between, the first four thousand bytes of them; null when it is gone.</summary>
    public static string? CommandLineOf(int threadId)
    {
        Span<byte> path = stackalloc byte[ProcPath.Room], text = stackalloc byte[Files.PathMax];
        new ProcPath(path).Add("/proc/"u8).Add(threadId).Add("/cmdline"u8);
        int count = Files.ReadWhole(path, text);
        if (count < 0)
            return null;
        Span<byte> arguments = text[..count].TrimEnd((byte)0);
        arguments.Replace((byte)0, (byte)' ');
        return TargetText.FromBytes(arguments);
    }

    /// <summary>The working directory of a thread; null when it is gone.</summary>
    public static string? DirectoryOf(int threadId) => LinkOf(threadId, "/cwd"u8);

    /// <summary>The root directory of a thread; null when it is gone.</summary>
    public static string? RootOf(int threadId) => LinkOf(threadId, "/root"u8);

    /// <summary>The process that traces a thread; 0 when none does.</summary>
    public static int TracerOf(int threadId) => StatusField(threadId, "\nTracerPid:\t"u8) is { } id ? (int)id : 0;

    /// <summary>True when a descriptor of a thread is open for writing.</summary>
    public static bool IsOpenForWriting(int threadId, int descriptor) => FlagsOf(threadId, descriptor) is { } flags && (flags & 3) is 1 or 2;

    /// <summary>True when a descriptor of a thread is open with O_PATH.</summary>
    public static bool IsOpenAsPath(int threadId, int descriptor) => FlagsOf(threadId, descriptor) is { } flags && (flags & Files.O_PATH) != 0;

    private static int? FlagsOf(int threadId, int descriptor)
    {
        Span<byte> path = stackalloc byte[ProcPath.Room], info = stackalloc byte[512];
        new ProcPath(path).Add("/proc/"u8).Add(threadId).Add("/fdinfo/"u8).Add(descriptor);
        int count = Files.ReadWhole(path, info);
        return FlagsIn(info[..Math.Max(0, count)]);
    }

    /// <summary>The flags of an open file in what /proc tells of it (fdinfo); null when they are not there.</summary>
    public static int? FlagsIn(ReadOnlySpan<byte> info)
    {
        // In octal (proc(5)).
        ReadOnlySpan<byte> label = "flags:\t"u8;
        int at = info.IndexOf(label);
        if (at < 0)
            return null;
        int flags = 0;
        foreach (byte digit in info[(at + label.Length)..])
        {
            if (digit is < (byte)'0' or > (byte)'7')
                break;
            flags = (flags << 3) | (digit - '0');
        }

        return flags;
    }

    /// <summary>The device number of a thread's controlling terminal; 0 when it has none.</summary>
    public static int TerminalOf(int threadId)
    {
        Span<byte> path = stackalloc byte[ProcPath.Room], stat = stackalloc byte[512];
        new ProcPath(path).Add("/proc/"u8).Add(threadId).Add("/stat"u8);
        int count = Files.ReadWhole(path, stat);
        if (count <= 0)
            return 0;

        // After the name in parentheses: state, parent, group, session, terminal (proc(5)).
        ReadOnlySpan<byte> rest = stat[..count];
        rest = rest[(rest.LastIndexOf((byte)')') + 2)..];
        for (int i = 0; i < 4; i++)
            rest = rest[(rest.IndexOf((byte)' ') + 1)..];
        return Utf8Parser.TryParse(rest, out int device, out _) ? device : 0;
    }

    private static long? StatusField(int threadId, ReadOnlySpan<byte> field)
    {
        Span<byte> path = stackalloc byte[ProcPath.Room], status = stackalloc byte[512];
        new ProcPath(path).Add("/proc/"u8).Add(threadId).Add("/status"u8);
        int count = Files.ReadWhole(path, status);
        return count > 0 ? Field(status[..count], field) : null;
    }

    // A process can name itself "Tgid:", but not with a newline before it: the kernel escapes that one.
    private static long? Field(ReadOnlySpan<byte> lines, ReadOnlySpan<byte> field)
    {
        int at = lines.IndexOf(field);
        return at >= 0 && Utf8Parser.TryParse(lines[(at + field.Length)..], out long value, out _) ? value : null;
    }
}
