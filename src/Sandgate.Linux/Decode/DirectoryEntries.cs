using System.Buffers.Binary;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Decode;

/// <summary>One name in a directory (getdents64(2)).</summary>
/// <param name="Name">Its bytes, with a NUL at the end.</param>
/// <param name="Inode">The inode number that the directory has for it: not the one that stat(2) tells where something is mounted, and on some file systems.</param>
/// <param name="MayBeDirectory">False for what certainly is no directory.</param>
/// <param name="IsDirectory">True for what certainly is one.</param>
internal readonly record struct DirectoryEntry(byte[] Name, ulong Inode, bool MayBeDirectory, bool IsDirectory);

/// <summary>The names in a directory.</summary>
internal static unsafe class DirectoryEntries
{
    private const int InodeAt = 0, LengthAt = 16, TypeAt = 18, HeaderLength = 19, RoomForSome = 32 * 1024;
    private const byte DT_UNKNOWN = 0, DT_DIR = 4;

    /// <summary>All names but the dots; null when there are too many, or they can't be listed.</summary>
    /// <param name="opened">The directory, open for reading.</param>
    /// <param name="most">How many at most.</param>
    public static List<DirectoryEntry>? Read(int opened, int most)
    {
        List<DirectoryEntry> entries = [];
        byte[] buffer = new byte[RoomForSome];
        while (true)
        {
            long count;

            // SAFETY: the buffer is pinned for the whole call, and as long as it says.
            fixed (byte* into = buffer)
                count = Libc.CallBlocking(SyscallNumbers.getdents64, opened, (long)into, buffer.Length);
            if (count <= 0)
                return count == 0 ? entries : null;
            for (int at = 0; at < count;)
            {
                ReadOnlySpan<byte> entry = buffer.AsSpan(at, BinaryPrimitives.ReadUInt16LittleEndian(buffer.AsSpan(at + LengthAt)));
                at += entry.Length;
                ReadOnlySpan<byte> name = entry[HeaderLength..];
                name = name[..name.IndexOf((byte)0)];
                if (name.SequenceEqual("."u8) || name.SequenceEqual(".."u8))
                    continue;
                if (entries.Count == most)
                    return null;
                entries.Add(new([.. name, 0], BinaryPrimitives.ReadUInt64LittleEndian(entry[InodeAt..]), entry[TypeAt] is DT_DIR or DT_UNKNOWN, entry[TypeAt] == DT_DIR));
            }
        }
    }
}
