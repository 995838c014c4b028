using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Sandgate.Core.Trap;
using Sandgate.Linux.Enforce;
using Sandgate.Linux.Enforce.Dumpable;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Decode;

/// <summary>
/// Reads the memory of a stopped program: by process_vm_readv(2), or through /proc/TID/mem where a
/// container's own filter forbids that (Docker before 23.0).
/// </summary>
internal static unsafe class TargetMemory
{
    private const int EPERM = 1, EFAULT = 14, ENOSYS = 38, PageSize = 4096, MostTries = 2;

    private static bool s_throughProc;

    [StructLayout(LayoutKind.Sequential)]
    private struct Vector
    {
        public nint Base;
        public nint Length;
    }

    /// <summary>
    /// Reads as many bytes as there are from <paramref name="address"/> on, at most as many as fit.
    /// Less than asked means that the memory ends there; 0 that nothing can be read.
    /// </summary>
    public static int Read(int threadId, ulong address, Span<byte> into)
    {
        if (into.IsEmpty)
            return 0;
        return MemoryCopy.Current is { } copy ? copy.Read(threadId, address, into) : ReadNow(threadId, address, into);
    }

    /// <summary>Reads what stands there now, whatever was read before.</summary>
    public static int ReadNow(int threadId, ulong address, Span<byte> into)
    {
        int count = ReadOnce(threadId, address, into);
        for (int tries = 0; count == 0 && MayBeOpenNow(threadId, ref tries);)
            count = ReadOnce(threadId, address, into);
        return count;
    }

    // What can't be read may have been closed for a moment.
    private static bool MayBeOpenNow(int threadId, ref int tries) =>
        ChangeOfIds.Begun > 0 && tries++ < MostTries && ChangeOfIds.IsOver(threadId, mayBlock: true);

    private static int ReadOnce(int threadId, ulong address, Span<byte> into)
    {
        using TargetCredentials.Pause asSelf = TargetCredentials.AsSelf();
        if (!s_throughProc && !TargetCredentials.IsNear)
        {
            int count = ReadDirectly(threadId, address, into);
            if (count is not (-EPERM or -ENOSYS))
                return Math.Max(0, count);
            int byProc = ReadThroughProc(threadId, address, into);
            if (byProc > 0)
                s_throughProc = true;
            return byProc;
        }

        return ReadThroughProc(threadId, address, into);
    }

    /// <summary>Reads one value; false when it can't be read whole.</summary>
    public static bool Read<T>(int threadId, ulong address, out T value)
        where T : unmanaged
    {
        Unsafe.SkipInit(out value);
        return Read(threadId, address, MemoryMarshal.AsBytes(new Span<T>(ref value))) == sizeof(T);
    }

    /// <summary>Writes a call's result into the program. Returns 0, or EFAULT when not all of it can be written.</summary>
    public static int Write(int threadId, ulong address, ReadOnlySpan<byte> from)
    {
        if (from.IsEmpty)
            return 0;

        using TargetCredentials.Pause asSelf = TargetCredentials.AsSelf();

        // SAFETY: the local vector describes exactly from; the kernel checks the remote address.
        fixed (byte* buffer = from)
        {
            Vector local = new() { Base = (nint)buffer, Length = from.Length }, remote = new() { Base = (nint)address, Length = from.Length };
            long count = Libc.Call(SyscallNumbers.process_vm_writev, threadId, (long)(&local), 1, (long)(&remote), 1, 0);
            if (count is -EPERM or -ENOSYS)
                count = WriteThroughProc(threadId, address, from);
            for (int tries = 0; count < 0 && MayBeOpenNow(threadId, ref tries);)
                count = WriteThroughProc(threadId, address, from);
            return count == from.Length ? 0 : EFAULT;
        }
    }

    /// <summary>The same for a call that is being done. Once its thread is gone, its number may be another's.</summary>
    public static int Write(Stop stop, ulong address, ReadOnlySpan<byte> from) => stop.IsHeld ? Write(stop.ThreadId, address, from) : EFAULT;

    private static long WriteThroughProc(int threadId, ulong address, ReadOnlySpan<byte> from)
    {
        Span<byte> path = stackalloc byte[ProcPath.Room];
        new ProcPath(path).Add("/proc/"u8).Add(threadId).Add("/mem"u8);
        int descriptor = Files.Open(Files.AT_FDCWD, path, Files.O_RDWR | Files.O_CLOEXEC);
        if (descriptor < 0)
            return descriptor;

        // SAFETY: the length is from's own; the kernel checks the offset.
        fixed (byte* buffer = from)
        {
            long count = Libc.Call(SyscallNumbers.pwrite64, descriptor, (long)buffer, from.Length, (long)address);
            Files.Close(descriptor);
            return count;
        }
    }

    /// <summary>
    /// Reads a string that ends in NUL: its length without the NUL, -1 when memory ends before it
    /// does, -2 when it is longer than the room. The bytes in <paramref name="into"/> end in NUL too.
    /// </summary>
    public static int ReadString(int threadId, ulong address, Span<byte> into)
    {
        int have = 0;
        for (int chunk = 256; have < into.Length; chunk = PageSize)
        {
            int want = Math.Min(chunk, into.Length - have);
            int count = Read(threadId, address + (ulong)have, into.Slice(have, want));
            int end = into.Slice(have, count).IndexOf((byte)0);
            if (end >= 0)
                return have + end;
            if (count < want)
                return -1;
            have += count;
        }

        return -2;
    }

    // Split at the page's end: what lies before an unmapped page is still read.
    private static int ReadDirectly(int threadId, ulong address, Span<byte> into)
    {
        int first = (int)Math.Min((ulong)into.Length, PageSize - (address & (PageSize - 1)));
        Vector* remote = stackalloc Vector[2];
        remote[0] = new() { Base = (nint)address, Length = first };
        remote[1] = new() { Base = (nint)(address + (ulong)first), Length = into.Length - first };

        // SAFETY: the local vector describes exactly into; the kernel checks the remote addresses.
        fixed (byte* buffer = into)
        {
            Vector local = new() { Base = (nint)buffer, Length = into.Length };
            int vectors = first == into.Length ? 1 : 2;
            return (int)Libc.Call(SyscallNumbers.process_vm_readv, threadId, (long)(&local), 1, (long)remote, vectors, 0);
        }
    }

    private static int ReadThroughProc(int threadId, ulong address, Span<byte> into)
    {
        Span<byte> path = stackalloc byte[ProcPath.Room];
        new ProcPath(path).Add("/proc/"u8).Add(threadId).Add("/mem"u8);
        fixed (byte* name = path, buffer = into)
        {
            // SAFETY: path ends in NUL; buffer is as long as said; the kernel checks the offset.
            int descriptor = (int)Libc.Call(SyscallNumbers.openat, Files.AT_FDCWD, (long)name, Files.O_RDONLY | Files.O_CLOEXEC);
            if (descriptor < 0)
                return 0;
            int have = 0;
            while (have < into.Length)
            {
                // A read stops at the first page that isn't there, but may also stop short before.
                int count = (int)Libc.Call(SyscallNumbers.pread64, descriptor, (long)(buffer + have), into.Length - have, (long)address + have);
                if (count <= 0)
                    break;
                have += count;
            }

            Files.Close(descriptor);
            return have;
        }
    }
}
