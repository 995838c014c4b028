using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Sandgate.Core;
using Sandgate.Core.Decode;
using Sandgate.Linux.Decode;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Enforce;

/// <summary>What the kernel has made of a process by execve, as /proc shows it before the program's first instruction.</summary>
/// <param name="Process">The process.</param>
/// <param name="Name">The name that was executed (AT_EXECFN of getauxval(3)); null when it can't be read.</param>
/// <param name="CommandLine">argv, each element with its NUL; null when it can't be read.</param>
/// <param name="Mappings">The files that are mapped, by the numbers that <c>maps</c> shows; null when it can't be read.</param>
internal sealed record ExecutedImage(int Process, string? Name, byte[]? CommandLine, (ulong Device, ulong Inode)[]? Mappings)
{
    private const ulong AT_EXECFN = 31;

    /// <summary>Reads it.</summary>
    public static ExecutedImage Read(int process) =>
        new(process, ReadName(process), ReadAll(process, "cmdline"), ReadAll(process, "maps") is { } maps ? Parse(maps) : null);

    /// <summary>How this differs from what was expected; null when it doesn't.</summary>
    public string? Difference(ExecChain expected)
    {
        // What can't be read here could not be read when it was judged, either: the rules have said that they don't mind.
        Span<byte> link = stackalloc byte[ProcPath.Room];
        new ProcPath(link).Add("/proc/"u8).Add(Process).Add("/exe"u8);
        if (expected.IsUnreadable && ProcessFacts.ExecutableOf(Process) is null)
            return null;
        if (expected.Final is not { } final || !final.IsBehind(link))
            return $"it runs {ProcessFacts.ExecutableOf(Process) ?? "what can't be told"}";
        if (expected.Arguments.All(a => a.Given is not null) && (CommandLine is null || !CommandLine.AsSpan().SequenceEqual(Join(expected.FinalArguments))))
            return "its arguments were changed";
        if (Mappings is null)
            return "what is mapped can't be told";
        foreach ((ulong Device, ulong Inode) mapped in Mappings)
        {
            if (!IsSame(mapped, final) && !(expected.Loader is { } loader && IsSame(mapped, loader)))
                return string.Create(CultureInfo.InvariantCulture, $"another program was loaded with it (inode {mapped.Inode})");
        }

        return null;
    }

    private static byte[] Join(IReadOnlyList<Argument> arguments)
    {
        List<byte> joined = [];
        foreach (Argument argument in arguments)
        {
            joined.AddRange(TargetText.ToBytes(argument.Given!));
            joined.Add(0);
        }

        return [.. joined];
    }

    private static bool IsSame((ulong Device, ulong Inode) mapped, HeldObject file) =>
        file.Handle is not null && (mapped == (MappedFile.Device(file.Identity), file.Identity.Inode) || mapped == MappedFile.NumbersOf(file));

    private static string? ReadName(int process)
    {
        ReadOnlySpan<byte> vector = ReadAll(process, "auxv");
        for (; vector.Length >= 16; vector = vector[16..])
        {
            if (BinaryPrimitives.ReadUInt64LittleEndian(vector) != AT_EXECFN)
                continue;
            byte[] name = new byte[Files.PathMax + 32];
            int length = TargetMemory.ReadString(process, BinaryPrimitives.ReadUInt64LittleEndian(vector[8..]), name);
            return length < 0 ? null : TargetText.FromBytes(name.AsSpan(0, length));
        }

        return null;
    }

    private static byte[]? ReadAll(int process, string file)
    {
        try
        {
            return File.ReadAllBytes(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/{file}"));
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    // START-END PERMISSIONS OFFSET MAJOR:MINOR INODE NAME (proc(5))
    private static (ulong Device, ulong Inode)[] Parse(byte[] maps)
    {
        HashSet<(ulong Device, ulong Inode)> files = [];
        foreach (string line in Encoding.Latin1.GetString(maps).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (MappedFile.Parse(line) is { Inode: not 0 } numbers)
                files.Add(numbers);
        }

        return [.. files];
    }
}

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
        if (opened is null)
            return default;

        // SAFETY: a new mapping of the kernel's choice, read by nobody, and given back.
        long address = Libc.CallBlocking(SyscallNumbers.mmap, 0, PageSize, PROT_READ, MAP_PRIVATE, opened.DangerousGetHandle(), 0);
        if (address < 0)
            return default;
        string start = address.ToString("x", CultureInfo.InvariantCulture) + "-";
        string? line = File.ReadLines("/proc/self/maps").FirstOrDefault(l => l.StartsWith(start, StringComparison.Ordinal));
        Libc.Call(SyscallNumbers.munmap, address, PageSize);
        return line is null ? default : Parse(line) ?? default;
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
