using Sandgate.Core.Trap;
using Sandgate.Linux.Decode;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Enforce;

/// <summary>
/// Which errno a call gets that can only fail. The kernel looks at flags and pointers before or after it looks at the path, as each call
/// has it; so it is asked: the same call is made with a path that doesn't exist, and with bad pointers where the program's are bad.
/// </summary>
internal static unsafe class FailureOrder
{
    private const int ENOENT = 2, PageSize = 4096, BadPointer = 1, NoDescriptor = -1;

    // Even the directory is missing, so that nothing can be made.
    private static readonly byte[] s_missing = Pinned("/proc/self/.missing/x\0"u8);

    /// <summary>The errno that the kernel answers with, given that the path or a descriptor fails with another one.</summary>
    /// <param name="stop">The stopped thread.</param>
    /// <param name="reader">What was read of its call.</param>
    /// <param name="errno">What is wrong with the path, the descriptor or a pointer.</param>
    public static int ErrnoOf(Stop stop, ArgumentReader reader, int errno)
    {
        ReadOnlySpan<Role> roles = reader.Roles;
        byte* memory = stackalloc byte[6 * PageSize];
        long* words = stackalloc long[6];
        for (int i = 0; i < roles.Length && i < 6; i++)
            words[i] = StandIn(stop, reader, roles, i, memory + i * PageSize);

        // An empty text of a link fails by itself, before the path is looked at.
        if (roles[0] == Role.Text && words[0] == (long)memory && *memory == 0)
            return ENOENT;

        // SAFETY: every pointer leads to the pages above, to the pinned path, or nowhere. The path doesn't exist: nothing is done, and nothing written.
        long result = Libc.CallBlocking(stop.Number, words[0], words[1], words[2], words[3], words[4], words[5]);
        if (result >= 0 && reader.MainOperation == Core.Decode.Operation.Open)
            Files.Close((int)result);

        // Nothing is to be changed (UTIME_OMIT twice): the path isn't looked at.
        return result == 0 && stop.Number == SyscallNumbers.utimensat ? 0 : result is < 0 and not -ENOENT ? (int)-result : errno;
    }

    /// <summary>True when flags stand in the call that the kernel may refuse before it looks at any file, and forgets to refuse where it is given a descriptor.</summary>
    public static bool HasOddFlags(Stop stop, ReadOnlySpan<Role> roles)
    {
        const uint AT_SYMLINK_NOFOLLOW = 0x100, AT_EACCESS = 0x200, AT_HANDLE_FID = 0x200, AT_SYMLINK_FOLLOW = 0x400, AT_NO_AUTOMOUNT = 0x800, AT_EMPTY_PATH = 0x1000;
        const uint STATX__RESERVED = 0x80000000;
        int at = roles.IndexOf(Role.AtFlags);
        uint usual = AT_EMPTY_PATH | stop.Number switch
        {
            SyscallNumbers.newfstatat or SyscallNumbers.statx => AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT,
            SyscallNumbers.faccessat2 => AT_SYMLINK_NOFOLLOW | AT_EACCESS,
            SyscallNumbers.name_to_handle_at => AT_SYMLINK_FOLLOW | AT_HANDLE_FID,
            _ => AT_SYMLINK_NOFOLLOW,
        };
        return (at >= 0 && ((uint)stop.Register(at) & ~usual) != 0)
            || (stop.Number == SyscallNumbers.statx && ((uint)stop.Register(3) & STATX__RESERVED) != 0);
    }

    private static long StandIn(Stop stop, ArgumentReader reader, ReadOnlySpan<Role> roles, int index, byte* page)
    {
        ulong value = stop.Register(index);
        switch (roles[index])
        {
            case Role.Path or Role.PathNoFollow:
                return value == 0 ? 0 : CanRead(stop, value) ? Address(s_missing) : BadPointer;
            case Role.DirFd:
                return index + 1 < roles.Length && stop.Register(index + 1) == 0 && (int)value != Files.AT_FDCWD ? NoDescriptor : Files.AT_FDCWD;
            case Role.Fd or Role.FileFd:
                return reader.Fetched >= 0 ? reader.Fetched : NoDescriptor;
            case Role.Text or Role.InData or Role.OpenHow:
                return value == 0 ? 0 : Copy(stop, value, page) ? (long)page : BadPointer;
            // A word or a pointer: only pointers lead to memory, and words have no more than 32 bits.
            case Role.Hex when value >= PageSize:
                return Copy(stop, value, page) ? (long)page : value > uint.MaxValue ? BadPointer : (long)value;
            default:
                return (long)value;
        }
    }

    private static bool CanRead(Stop stop, ulong address) => TargetMemory.Read(stop.ThreadId, address, out byte _);

    private static bool Copy(Stop stop, ulong address, byte* page)
    {
        Span<byte> copy = new(page, PageSize);
        copy.Clear();
        return TargetMemory.Read(stop.ThreadId, address, copy[..(PageSize - 1)]) > 0;
    }

    private static byte[] Pinned(ReadOnlySpan<byte> text)
    {
        byte[] pinned = GC.AllocateArray<byte>(text.Length, pinned: true);
        text.CopyTo(pinned);
        return pinned;
    }

    // SAFETY: the array is pinned for its whole life.
    private static long Address(byte[] pinned) => (long)System.Runtime.CompilerServices.Unsafe.AsPointer(ref System.Runtime.InteropServices.MemoryMarshal.GetArrayDataReference(pinned));
}
