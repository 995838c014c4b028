using System.Buffers.Binary;
using System.Collections.Concurrent;
using Microsoft.Win32.SafeHandles;
using Sandgate.Core.Decode;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Decode;

/// <summary>SHA-256 of files, remembered as long as inode, size, and times of change stay the same. Shared by all threads.</summary>
internal sealed class FileHashes
{
    // Reading more would hold the program for seconds; such a file's hash is unknown.
    private const ulong LongestFile = 1ul << 30;
    private const int MostEntries = 4096;
    private const int ENOENT = 2, ENOTDIR = 20;
    private const ushort S_IFMT = 0xf000, S_IFREG = 0x8000;

    private readonly record struct Identity(ulong Device, ulong Inode, ulong Size, Time Changed, Time Modified);

    private readonly record struct Time(long Seconds, uint Nanoseconds);

    private readonly ConcurrentDictionary<Identity, string> _known = new();
    private readonly ConcurrentDictionary<Identity, string> _running = new();

    /// <summary>The hash of a file in lower-case hexadecimal: "" when there is no plain file, null when it can't be read. False when that would wait.</summary>
    public bool TryGet(string path, bool mayBlock, out string? hash)
    {
        hash = "";
        byte[] name = [.. TargetText.ToBytes(path), 0];
        int found = Files.OpenAt2(Files.AT_FDCWD, name, Files.O_PATH | Files.O_CLOEXEC | Files.O_NOFOLLOW, 0, mayBlock);
        if (found < 0)
        {
            // Only of what isn't there is it known that it holds nothing.
            hash = found is -ENOENT or -ENOTDIR ? "" : null;
            return true;
        }

        using SafeFileHandle file = new(found, ownsHandle: true);
        return TryGet(file, mayBlock, out hash);
    }

    /// <summary>The same of an open file, which need only be open with O_PATH.</summary>
    public bool TryGet(int descriptor, bool mayBlock, out string? hash)
    {
        using SafeFileHandle file = new(descriptor, ownsHandle: false);
        return TryGet(file, mayBlock, out hash);
    }

    private bool TryGet(SafeFileHandle file, bool mayBlock, out string? hash)
    {
        hash = "";
        if (!IsPlainFile(file, out Identity identity))
            return true;
        if (_known.TryGetValue(identity, out hash))
            return true;
        if (!mayBlock)
            return false;
        hash = Compute(file, identity);
        return true;
    }

    /// <summary>
    /// The hash of what a process runs, which nobody can write meanwhile; null when it can't be read. What was hashed while
    /// somebody could write it proves nothing here: what is written through a mapping may leave the times as they were.
    /// </summary>
    public string? OfRunning(int processId)
    {
        Span<byte> link = stackalloc byte[ProcPath.Room];
        new ProcPath(link).Add("/proc/"u8).Add(processId).Add("/exe"u8);
        int found = Files.OpenAt2(Files.AT_FDCWD, link, Files.O_PATH | Files.O_CLOEXEC, 0, mayBlock: true);
        if (found < 0)
            return null;
        using SafeFileHandle file = new(found, ownsHandle: true);
        if (!IsPlainFile(file, out Identity identity))
            return null;
        if (_running.TryGetValue(identity, out string? hash))
            return hash;
        hash = Compute(file, identity);

        // Times are as coarse as a tick: what was changed only just now could be changed again within the same one.
        if (hash is not null && DateTimeOffset.UtcNow.ToUnixTimeSeconds() - identity.Changed.Seconds > 2)
        {
            if (_running.Count >= MostEntries)
                _running.Clear();
            _running[identity] = hash;
        }

        return hash;
    }

    private string? Compute(SafeFileHandle file, Identity identity)
    {
        if (identity.Size > LongestFile)
            return null;
        try
        {
            // The file that was looked at, not whatever has its name by now.
            using FileStream stream = new($"/proc/self/fd/{file.DangerousGetHandle()}", FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1);
            Sha256 digest = new();
            byte[] part = new byte[64 * 1024];
            while (stream.Read(part) is > 0 and var count)
                digest.Append(part.AsSpan(0, count));
            string hash = digest.Finish();

            // What changed while it was read is neither the one nor the other.
            if (!IsPlainFile(file, out Identity after) || after != identity)
                return null;
            if (_known.Count >= MostEntries)
                _known.Clear();
            _known[identity] = hash;
            return hash;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static unsafe bool IsPlainFile(SafeFileHandle file, out Identity identity)
    {
        const int AT_EMPTY_PATH = 0x1000, BasicStats = 0x7ff, StructStatx = 256;
        byte* room = stackalloc byte[StructStatx];
        byte empty = 0;
        identity = default;

        // SAFETY: room is as long as struct statx (linux/stat.h), and both live on this stack for the whole call.
        if (Libc.Call(SyscallNumbers.statx, file.DangerousGetHandle(), (long)(&empty), AT_EMPTY_PATH, BasicStats, (long)room) < 0)
            return false;
        ReadOnlySpan<byte> stat = new(room, StructStatx);
        ulong device = BinaryPrimitives.ReadUInt64LittleEndian(stat[136..]);
        identity = new(device, BinaryPrimitives.ReadUInt64LittleEndian(stat[32..]), BinaryPrimitives.ReadUInt64LittleEndian(stat[40..]), TimeAt(stat[96..]), TimeAt(stat[112..]));
        return (BinaryPrimitives.ReadUInt16LittleEndian(stat[28..]) & S_IFMT) == S_IFREG;
    }

    private static Time TimeAt(ReadOnlySpan<byte> stat) => new(BinaryPrimitives.ReadInt64LittleEndian(stat), BinaryPrimitives.ReadUInt32LittleEndian(stat[8..]));
}
