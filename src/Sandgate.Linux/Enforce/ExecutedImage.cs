using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Sandgate.Core;
using Sandgate.Core.Decode;
using Sandgate.Linux.Decode;
using Sandgate.Linux.Enforce.Dumpable;
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

    /// <summary>argv.</summary>
    public IEnumerable<string> Arguments =>
        CommandLine is { Length: > 0 } ended ? TargetText.FromBytes(ended.AsSpan(0, ended.Length - 1)).Split('\0') : [];

    /// <summary>The numbers by which <c>maps</c> shows the file that is executed; default when that can't be told.</summary>
    public (ulong Device, ulong Inode) Program => Image.Of(Process) is { } image ? MappedFile.At(Process, image.StartOfCode) : default;

    /// <summary>Reads it.</summary>
    public static ExecutedImage Read(int process) =>
        new(process, ReadName(process), ReadAll(process, "cmdline"), ReadAll(process, "maps") is { } maps ? Parse(maps) : null);

    /// <summary>How this differs from what was expected; null when it doesn't.</summary>
    public string? Difference(ExecChain expected)
    {
        Span<byte> link = stackalloc byte[ProcPath.Room];
        new ProcPath(link).Add("/proc/"u8).Add(Process).Add("/exe"u8);
        if (expected.Final is not { } final || !final.IsBehind(link))
            return $"it runs {ProcessFacts.ExecutableOf(Process) ?? "what can't be told"}";
        bool whole = expected.FinalArguments.All(a => a.Given is not null);
        byte[] known = Join(expected.FinalArguments.TakeWhile(a => a.Given is not null));
        if (CommandLine is null || (whole ? !CommandLine.AsSpan().SequenceEqual(known) : !CommandLine.AsSpan().StartsWith(known)))
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

    private static byte[] Join(IEnumerable<Argument> arguments)
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
