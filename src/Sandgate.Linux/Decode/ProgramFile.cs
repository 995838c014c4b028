using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace Sandgate.Linux.Decode;

/// <summary>What the kernel looks at in a file that it is to run.</summary>
internal static class ProgramFile
{
    /// <summary>BINPRM_BUF_SIZE (linux/binfmts.h): so much decides which format a file has.</summary>
    public const int BeginningLength = 256;

    private const int PT_INTERP = 3, MostHeaders = 65536;

    /// <summary>The first 256 bytes, filled up with zeros; null when they can't be read.</summary>
    public static byte[]? Beginning(SafeFileHandle file)
    {
        byte[] beginning = new byte[BeginningLength];
        return Read(file, beginning, 0) < 0 ? null : beginning;
    }

    /// <summary>The program interpreter that an ELF file names (elf(5)); null when it names none.</summary>
    public static byte[]? InterpreterOf(SafeFileHandle file, ReadOnlySpan<byte> beginning)
    {
        if (!beginning.StartsWith("\x7f"u8) || !beginning[1..].StartsWith("ELF"u8))
            return null;
        bool wide = beginning[4] == 2;
        ulong at = wide ? BinaryPrimitives.ReadUInt64LittleEndian(beginning[32..]) : BinaryPrimitives.ReadUInt32LittleEndian(beginning[28..]);
        int size = wide ? 56 : 32, count = BinaryPrimitives.ReadUInt16LittleEndian(beginning[(wide ? 56 : 44)..]);
        if (count == 0 || count * size > MostHeaders || at > long.MaxValue)
            return null;
        byte[] headers = new byte[count * size];
        if (Read(file, headers, (long)at) != headers.Length)
            return null;
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> header = headers.AsSpan(i * size, size);
            if (BinaryPrimitives.ReadUInt32LittleEndian(header) != PT_INTERP)
                continue;
            ulong offset = wide ? BinaryPrimitives.ReadUInt64LittleEndian(header[8..]) : BinaryPrimitives.ReadUInt32LittleEndian(header[4..]);
            ulong length = wide ? BinaryPrimitives.ReadUInt64LittleEndian(header[32..]) : BinaryPrimitives.ReadUInt32LittleEndian(header[16..]);
            if (length is < 2 or > Interop.Files.PathMax || offset > long.MaxValue)
                return null;
            byte[] path = new byte[length];
            if (Read(file, path, (long)offset) != path.Length || path[^1] != 0)
                return null;
            return path[..Array.IndexOf(path, (byte)0)];
        }

        return null;
    }

    private static int Read(SafeFileHandle file, byte[] into, long offset)
    {
        try
        {
            int have = 0;
            while (have < into.Length && RandomAccess.Read(file, into.AsSpan(have), offset + have) is > 0 and var count)
                have += count;
            return have;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return -1;
        }
    }
}
