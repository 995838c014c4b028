using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Sandgate.Core.Decode;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Decode;

/// <summary>The numbers by which <c>/proc/PID/maps</c> knows a file: on some file systems not those that stat(2) tells.</summary>
internal static unsafe class MappedFile
{
    private const int PROT_READ = 1, MAP_PRIVATE = 2, PageSize = 4096;

    /// <summary>A device number as stat(2) packs it, unpacked and packed again as <c>maps</c> is read here.</summary>
    public static ulong Device(in FileIdentity file) =>
        Pack((file.Device >> 8) & 0xfff | (file.Device >> 32) & ~0xffful, (file.Device & 0xff) | (file.Device >> 12) & 0xffffff00);

    /// <summary>Maps a file to see what the kernel shows; nothing when it can't be read.</summary>
    public static (ulong Device, ulong Inode) NumbersOf(HeldObject file)
    {
        using SafeFileHandle? opened = file.OpenPlain(out _);
        return opened is not null && LineOf((int)opened.DangerousGetHandle()) is { } line ? Parse(line) ?? default : default;
    }

    /// <summary>The name that the kernel shows for an open plain file, however long it is; null when the file can't be read, or when the name can't be told from another.</summary>
    public static string? ShownNameOf(int descriptor)
    {
        int opened = Files.Reopen(descriptor, Files.O_RDONLY | Files.O_CLOEXEC | Files.O_NONBLOCK);
        if (opened < 0)
            return null;
        string? name = LineOf(opened)?.Split(' ', 6) is [.., var last] ? last.TrimStart(' ') : null;
        Files.Close(opened);

        // A line's end in a name is shown as \012, and so is a name that really says so (seq_path in fs/seq_file.c).
        return name is null || !name.StartsWith('/') || name.Contains('\\', StringComparison.Ordinal) ? null : TargetText.FromBytes(Encoding.Latin1.GetBytes(name));
    }

    // Its bytes stand for themselves: names need not be text.
    private static string? LineOf(int opened)
    {
        // SAFETY: a new mapping of the kernel's choice, read by nobody, and given back.
        long address = Libc.CallBlocking(SyscallNumbers.mmap, 0, PageSize, PROT_READ, MAP_PRIVATE, opened, 0);
        if (address < 0)
            return null;
        string start = address.ToString("x", CultureInfo.InvariantCulture) + "-";
        string? line = ProcLines.Of("/proc/self/maps", Encoding.Latin1).FirstOrDefault(l => l.StartsWith(start, StringComparison.Ordinal));
        Libc.Call(SyscallNumbers.munmap, address, PageSize);
        return line;
    }

    /// <summary>The numbers of what a process has mapped at an address; default when it is nothing, or can't be told.</summary>
    public static (ulong Device, ulong Inode) At(int process, ulong address) => LineOf(process, l => Contains(l, address)) is { } line ? Parse(line) ?? default : default;

    /// <summary>The name of a file that a process has mapped, if the file still has it; else null.</summary>
    public static string? NameOf(int process, (ulong Device, ulong Inode) numbers)
    {
        if (LineOf(process, l => Parse(l) == numbers)?.Split(' ', 6) is not [.., var last] || HeldObject.At(last.TrimStart()) is not { } file)
            return null;
        string? name = numbers == (Device(file.Identity), file.Identity.Inode) || numbers == NumbersOf(file) ? file.Path.Resolved : null;
        file.LetGo();
        return name;
    }

    private static string? LineOf(int process, Func<string, bool> isThat)
    {
        try
        {
            return ProcLines.Of(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/maps")).FirstOrDefault(isThat);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static bool Contains(string line, ulong address)
    {
        string[] ends = line[..line.IndexOf(' ', StringComparison.Ordinal)].Split('-');
        return ulong.Parse(ends[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture) <= address && address < ulong.Parse(ends[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
    }

    /// <summary>The numbers in a line of <c>maps</c>.</summary>
    public static (ulong Device, ulong Inode)? Parse(string line)
    {
        string[] fields = line.Split(' ', 6);
        if (fields.Length < 5 || fields[3].Split(':') is not [var major, var minor])
            return null;
        return (Pack(ulong.Parse(major, NumberStyles.HexNumber, CultureInfo.InvariantCulture), ulong.Parse(minor, NumberStyles.HexNumber, CultureInfo.InvariantCulture)),
            ulong.Parse(fields[4], CultureInfo.InvariantCulture));
    }

    private static ulong Pack(ulong major, ulong minor) => major << 32 | minor;
}
