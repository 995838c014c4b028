using System.Globalization;
using Microsoft.Win32.SafeHandles;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Decode;

/// <summary>What a process has mapped at an address (proc(5), /proc/PID/maps).</summary>
/// <param name="Name">The file's name; "" when there is none.</param>
/// <param name="Inode">Its inode number.</param>
internal readonly record struct CodeMapping(string Name, ulong Inode)
{
    private const int FieldsBeforeName = 5;

    /// <summary>What is mapped anywhere in a range of addresses; null when that can't be told.</summary>
    public static List<CodeMapping>? Within(int threadId, ulong address, ulong length)
    {
        List<CodeMapping> found = [];
        try
        {
            foreach (string line in ProcLines.Of($"/proc/{threadId}/maps"))
            {
                string[] fields = line.Split(' ', FieldsBeforeName + 1, StringSplitOptions.RemoveEmptyEntries);
                string[] range = fields[0].Split('-');
                if (ulong.Parse(range[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture) < address + length && address < ulong.Parse(range[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture))
                    found.Add(new(fields.Length > FieldsBeforeName ? fields[FieldsBeforeName] : "", ulong.Parse(fields[4], CultureInfo.InvariantCulture)));
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return null;
        }

        return found;
    }

    /// <summary>The hash of a file that a process has open; false when that would wait.</summary>
    public static bool TryHash(int threadId, int descriptor, FileHashes hashes, bool mayBlock, out string? hash)
    {
        Span<byte> link = stackalloc byte[ProcPath.Room];
        new ProcPath(link).Add("/proc/"u8).Add(threadId).Add("/fd/"u8).Add(descriptor);
        int found = Files.OpenAt2(Files.AT_FDCWD, link, Files.O_PATH | Files.O_CLOEXEC, 0, mayBlock: true);
        hash = "";
        if (found < 0)
            return true;
        using SafeFileHandle file = new(found, ownsHandle: true);
        return hashes.TryGet(found, mayBlock, out hash);
    }

    /// <summary>The inode of a file that a process has open; null when it has none there.</summary>
    public static ulong? InodeOf(int threadId, int descriptor)
    {
        Span<byte> link = stackalloc byte[ProcPath.Room];
        new ProcPath(link).Add("/proc/"u8).Add(threadId).Add("/fd/"u8).Add(descriptor);
        int found = Files.OpenAt2(Files.AT_FDCWD, link, Files.O_PATH | Files.O_CLOEXEC, 0, mayBlock: true);
        if (found < 0)
            return null;
        bool known = Files.Stat(found, out FileIdentity identity);
        Files.Close(found);
        return known ? identity.Inode : null;
    }
}
