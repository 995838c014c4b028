using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Confine.Unshare;

/// <summary>
/// The program that is process 1 of a PID namespace: <c>init.x64.S</c>, assembled, in an ELF file in memory. It lets nobody trace it,
/// says that it is ready, and waits until its standard input ends; then it does, and with it whoever is left in the namespace.
/// Orphans need no reaping: it is started with SIGCHLD ignored.
/// </summary>
internal static class InitProgram
{
    private const int MFD_CLOEXEC = 1, MFD_EXEC = 0x10;
    private const int EINVAL = 22;
    private const ulong LoadAddress = 0x400000;
    private const int HeaderLength = 64, ProgramHeaderLength = 56;

    /// <summary>The machine code, as an assembler makes it of <c>init.x64.S</c>.</summary>
    public static ReadOnlySpan<byte> Code =>
    [
        0xb8, 0x9d, 0x00, 0x00, 0x00, 0xbf, 0x04, 0x00, 0x00, 0x00, 0x31, 0xf6, 0x0f, 0x05, 0xb8, 0x9d, 0x00, 0x00, 0x00, 0xbf, 0x0f, 0x00, 0x00, 0x00,
        0x48, 0x8d, 0x35, 0x4d, 0x00, 0x00, 0x00, 0x0f, 0x05, 0xb8, 0x01, 0x00, 0x00, 0x00, 0xbf, 0x01, 0x00, 0x00, 0x00, 0x48, 0x8d, 0x35, 0x32, 0x00,
        0x00, 0x00, 0xba, 0x08, 0x00, 0x00, 0x00, 0x0f, 0x05, 0xb8, 0x03, 0x00, 0x00, 0x00, 0xbf, 0x01, 0x00, 0x00, 0x00, 0x0f, 0x05, 0x31, 0xc0, 0x31,
        0xff, 0x48, 0x8d, 0x74, 0x24, 0xf8, 0xba, 0x01, 0x00, 0x00, 0x00, 0x0f, 0x05, 0x48, 0x83, 0xf8, 0xfc, 0x74, 0xea, 0xb8, 0xe7, 0x00, 0x00, 0x00,
        0x31, 0xff, 0x0f, 0x05, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x73, 0x61, 0x6e, 0x64, 0x67, 0x61, 0x74, 0x65, 0x2d, 0x69, 0x6e, 0x69,
        0x74, 0x00,
    ];

    /// <summary>Makes the file (memfd_create(2)). Returns its descriptor; a negative errno when that can't be.</summary>
    public static unsafe long Create(out SafeFileHandle? file)
    {
        file = null;
        if (RuntimeInformation.ProcessArchitecture != Architecture.X64)
            return -38 /* ENOSYS */;
        fixed (byte* name = "sandgate-init\0"u8, image = Image())
        {
            // SAFETY: both outlive the calls; kernels before 6.3 don't know MFD_EXEC.
            long made = Libc.Call(SyscallNumbers.memfd_create, (long)name, MFD_CLOEXEC | MFD_EXEC);
            if (made == -EINVAL)
                made = Libc.Call(SyscallNumbers.memfd_create, (long)name, MFD_CLOEXEC);
            if (made < 0)
                return made;
            file = new((nint)made, ownsHandle: true);
            return Libc.Call(SyscallNumbers.write, made, (long)image, Length) is < 0 and var errno ? errno : made;
        }
    }

    private static int Length => HeaderLength + ProgramHeaderLength + Code.Length;

    // elf(5): one header, one segment that holds the whole file.
    private static byte[] Image()
    {
        byte[] image = new byte[Length];
        Span<byte> rest = image;
        ReadOnlySpan<byte> identification = [0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1];
        identification.CopyTo(rest);
        Put16(rest, 16, 2 /* ET_EXEC */);
        Put16(rest, 18, 62 /* EM_X86_64 */);
        Put32(rest, 20, 1);
        Put64(rest, 24, LoadAddress + HeaderLength + ProgramHeaderLength);
        Put64(rest, 32, HeaderLength);
        Put16(rest, 52, HeaderLength);
        Put16(rest, 54, ProgramHeaderLength);
        Put16(rest, 56, 1);
        Span<byte> segment = rest[HeaderLength..];
        Put32(segment, 0, 1 /* PT_LOAD */);
        Put32(segment, 4, 5 /* readable, executable */);
        Put64(segment, 16, LoadAddress);
        Put64(segment, 24, LoadAddress);
        Put64(segment, 32, (ulong)Length);
        Put64(segment, 40, (ulong)Length);
        Put64(segment, 48, 0x1000);
        Code.CopyTo(rest[(HeaderLength + ProgramHeaderLength)..]);
        return image;
    }

    private static void Put16(Span<byte> at, int offset, ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(at[offset..], value);

    private static void Put32(Span<byte> at, int offset, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(at[offset..], value);

    private static void Put64(Span<byte> at, int offset, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(at[offset..], value);
}
