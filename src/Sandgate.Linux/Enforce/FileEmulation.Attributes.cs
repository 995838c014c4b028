using System.Buffers.Binary;
using Sandgate.Core.Trap;
using Sandgate.Linux.Decode;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Enforce;

/// <content>Extended attributes (xattr(7)).</content>
internal sealed unsafe partial class FileEmulation
{
    private const int ERANGE = 34, E2BIG = 7;
    private const int LongestName = 255, LongestValue = 65536;

    private long Attributes(Stop stop, int file)
    {
        ulong Word(int index) => stop.Register(index);
        return stop.Number switch
        {
            SyscallNumbers.setxattr or SyscallNumbers.lsetxattr or SyscallNumbers.fsetxattr => Set(stop, file, Word(2), Word(3), (long)Word(4)),
            SyscallNumbers.removexattr or SyscallNumbers.lremovexattr or SyscallNumbers.fremovexattr or SyscallNumbers.removexattrat => Remove(file),
            SyscallNumbers.getxattr or SyscallNumbers.lgetxattr or SyscallNumbers.fgetxattr => Get(stop, file, Word(1), Word(2), Word(3)),
            SyscallNumbers.listxattr or SyscallNumbers.llistxattr or SyscallNumbers.flistxattr => List(stop, file, Word(1), Word(2)),
            SyscallNumbers.listxattrat => List(stop, file, Word(3), Word(4)),
            SyscallNumbers.setxattrat or SyscallNumbers.getxattrat => ByStruct(stop, file, sets: stop.Number == SyscallNumbers.setxattrat),

            // Rare, new or the administrator's: whoever calls them has something to fall back on.
            _ => -ENOSYS,
        };
    }

    private long Set(Stop stop, int file, ulong address, ulong length, long flags)
    {
        if (length > LongestValue)
            return -E2BIG;
        byte[] value = new byte[length];
        if (TargetMemory.Read(stop.ThreadId, address, value) != value.Length)
            return -EFAULT;

        // SAFETY: both are pinned for the whole call; the name ends in NUL.
        fixed (byte* name = reader.HeldText, bytes = value)
            return ByPath(SyscallNumbers.setxattr, file, (long)name, (long)bytes, value.Length, flags);
    }

    private long Remove(int file)
    {
        // SAFETY: the name ends in NUL and is pinned for the whole call.
        fixed (byte* name = reader.HeldText)
            return ByPath(SyscallNumbers.removexattr, file, (long)name);
    }

    // Asking looks at no name that a rule could judge; it is read here.
    private static long Get(Stop stop, int file, ulong nameAddress, ulong where, ulong room)
    {
        byte[] attribute = new byte[LongestName + 2];
        int length = TargetMemory.ReadString(stop.ThreadId, nameAddress, attribute);
        if (length < 0)
            return length == -1 ? -EFAULT : -ERANGE;
        byte[] value = new byte[Math.Min(room, LongestValue)];

        // SAFETY: both are pinned for the whole call; the name ends in NUL.
        fixed (byte* name = attribute, bytes = value)
        {
            long count = ByPath(SyscallNumbers.getxattr, file, (long)name, (long)bytes, value.Length);
            return Hand(stop, where, value, count);
        }
    }

    private static long List(Stop stop, int file, ulong where, ulong room)
    {
        byte[] names = new byte[Math.Min(room, LongestValue)];

        // SAFETY: names is pinned for the whole call.
        fixed (byte* bytes = names)
        {
            long count = ByPath(SyscallNumbers.listxattr, file, (long)bytes, names.Length);
            return Hand(stop, where, names, count);
        }
    }

    // struct xattr_args: the value's address, its length, flags.
    private long ByStruct(Stop stop, int file, bool sets)
    {
        Span<byte> arguments = stackalloc byte[16];
        if (stop.Register(5) != (ulong)arguments.Length)
            return -EINVAL;
        if (TargetMemory.Read(stop.ThreadId, stop.Register(4), arguments) != arguments.Length)
            return -EFAULT;
        ulong value = BinaryPrimitives.ReadUInt64LittleEndian(arguments);
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(arguments[8..]), flags = BinaryPrimitives.ReadUInt32LittleEndian(arguments[12..]);
        return sets ? Set(stop, file, value, length, flags) : flags != 0 ? -EINVAL : Get(stop, file, stop.Register(3), value, length);
    }

    // Without room the kernel only tells how much there is.
    private static long Hand(Stop stop, ulong where, byte[] from, long count) =>
        count > 0 && from.Length > 0 && TargetMemory.Write(stop, where, from.AsSpan(0, (int)count)) is not 0 and var errno ? -errno : count;
}
