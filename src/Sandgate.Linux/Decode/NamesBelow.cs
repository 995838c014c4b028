using System.Buffers.Binary;
using Sandgate.Core.Decode;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Decode;

/// <summary>Lists everything below a directory, by bytes, as getdents64(2) has it.</summary>
internal static unsafe class NamesBelow
{
    private const int Most = 20_000;
    private const int HeaderLength = 19, TypeAt = 18;
    private const byte DT_UNKNOWN = 0, DT_DIR = 4;

    /// <summary>The names relative to the directory, those of directories with a slash at the end; null when there are too many or some can't be listed.</summary>
    /// <param name="parent">A descriptor of the directory above.</param>
    /// <param name="name">The directory's name there, ending in NUL.</param>
    public static IReadOnlyList<string>? List(int parent, byte[] name)
    {
        List<string> names = [];
        byte[] buffer = new byte[32 * 1024];
        int top = Open(parent, name);
        if (top < 0)
            return null;
        Stack<byte[]> rest = new([[]]);
        try
        {
            while (rest.TryPop(out byte[]? directory))
            {
                int opened = directory.Length == 0 ? top : Open(top, [.. directory, 0]);
                if (opened < 0)
                    return null;
                bool whole = Add(opened, directory, buffer, names, rest);
                if (opened != top)
                    Files.Close(opened);
                if (!whole)
                    return null;
            }
        }
        finally
        {
            Files.Close(top);
        }

        return names;
    }

    private static int Open(int parent, byte[] name) => Files.Open(parent, name, Files.O_DIRECTORY | Files.O_NOFOLLOW | Files.O_CLOEXEC | Files.O_NONBLOCK);

    private static bool Add(int opened, byte[] directory, byte[] buffer, List<string> names, Stack<byte[]> rest)
    {
        while (true)
        {
            long count;

            // SAFETY: the buffer is pinned for the whole call, and as long as it says.
            fixed (byte* into = buffer)
                count = Libc.CallBlocking(SyscallNumbers.getdents64, opened, (long)into, buffer.Length);
            if (count <= 0)
                return count == 0;
            for (int at = 0; at < count;)
            {
                ReadOnlySpan<byte> entry = buffer.AsSpan(at, BinaryPrimitives.ReadUInt16LittleEndian(buffer.AsSpan(at + 16)));
                at += entry.Length;
                ReadOnlySpan<byte> name = entry[HeaderLength..];
                name = name[..name.IndexOf((byte)0)];
                if (name.SequenceEqual("."u8) || name.SequenceEqual(".."u8))
                    continue;
                if (names.Count == Most)
                    return false;
                byte[] path = [.. directory, .. name];
                bool isDirectory = entry[TypeAt] == DT_DIR || (entry[TypeAt] == DT_UNKNOWN && IsDirectory(opened, [.. name, 0]));
                if (isDirectory)
                    rest.Push(path = [.. path, (byte)'/']);
                names.Add(TargetText.FromBytes(path));
            }
        }
    }

    private static bool IsDirectory(int parent, byte[] name)
    {
        int opened = Open(parent, name);
        if (opened >= 0)
            Files.Close(opened);
        return opened >= 0;
    }
}
