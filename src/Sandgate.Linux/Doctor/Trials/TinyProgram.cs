using System.Buffers.Binary;

namespace Sandgate.Linux.Doctor.Trials;

/// <summary>The smallest program: a static x86-64 ELF file that ends with a status that nothing else ends with. Machines without any other program have one, then.</summary>
internal static class TinyProgram
{
    /// <summary>Its exit status.</summary>
    public const int ExitStatus = 42;

    private const int HeaderLength = 64, SegmentLength = 56, LoadAddress = 0x400000;

    /// <summary>The file.</summary>
    public static byte[] Bytes()
    {
        // mov edi, status; mov eax, 231 (exit_group); syscall
        byte[] code = [0xbf, ExitStatus, 0, 0, 0, 0xb8, 231, 0, 0, 0, 0x0f, 0x05];
        byte[] file = new byte[HeaderLength + SegmentLength + code.Length];
        code.CopyTo(file, HeaderLength + SegmentLength);

        // elf(5): 64 bits, little endian, an executable (2) for x86-64 (62), one segment.
        ((ReadOnlySpan<byte>)[0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1]).CopyTo(file);
        Write16(16, 2);
        Write16(18, 62);
        Write32(20, 1);
        Write64(24, LoadAddress + HeaderLength + SegmentLength);
        Write64(32, HeaderLength);
        Write16(52, HeaderLength);
        Write16(54, SegmentLength);
        Write16(56, 1);

        // The segment: loaded whole (1), readable and executable (5).
        Write32(64, 1);
        Write32(68, 5);
        Write64(80, LoadAddress);
        Write64(88, LoadAddress);
        Write64(96, file.Length);
        Write64(104, file.Length);
        Write64(112, 0x1000);
        return file;

        void Write16(int at, short value) => BinaryPrimitives.WriteInt16LittleEndian(file.AsSpan(at), value);
        void Write32(int at, int value) => BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(at), value);
        void Write64(int at, long value) => BinaryPrimitives.WriteInt64LittleEndian(file.AsSpan(at), value);
    }
}
