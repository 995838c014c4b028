using System.Runtime.InteropServices;
using Sandgate.Core;
using Sandgate.Core.Decode;

namespace Sandgate.Linux.Decode;

/// <summary>Reads the bytes that a call sends or writes: a buffer, a vector of buffers, a message.</summary>
internal static class TargetData
{
    /// <summary>How much of the data rules look at, in bytes. What lies beyond counts as unknown.</summary>
    public const int JudgedLength = 1 << 20;

    /// <summary>How much of the data a printed or recorded call shows, in bytes.</summary>
    public const int ShownLength = 64;

    // IOV_MAX (linux/uio.h): the kernel refuses more.
    private const int MaxVectors = 1024;

    [StructLayout(LayoutKind.Sequential)]
    private struct Vector
    {
        public ulong Base;
        public ulong Length;
    }

    /// <summary>struct msghdr as the program passes it (socket(7)).</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Message
    {
        public ulong Name;
        public uint NameLength, Padding;
        public ulong Vectors, VectorCount, Control, ControlLength;
        public uint Flags, MorePadding;
    }

    /// <summary>The size of struct mmsghdr: a message and the count sent.</summary>
    public const int MessageStride = 64;

    /// <summary>One buffer.</summary>
    public static Argument Buffer(int threadId, ulong address, ulong length, int bound)
    {
        int want = (int)Math.Min(length, (ulong)bound);
        if (want == 0)
            return Argument.FromData("", partial: length > 0, (long)length);
        byte[] bytes = new byte[want];
        int have = TargetMemory.Read(threadId, address, bytes);
        return have == 0 ? Argument.Unreadable : Argument.FromData(TargetText.FromBytes(bytes.AsSpan(0, have)), (ulong)have < length, (long)length);
    }

    /// <summary>How many bytes a message has; 0 when that can't be told.</summary>
    public static ulong LengthOf(int threadId, in Message message)
    {
        if (message.VectorCount > MaxVectors)
            return 0;
        Span<Vector> vectors = stackalloc Vector[(int)message.VectorCount];
        Span<byte> raw = MemoryMarshal.AsBytes(vectors);
        ulong total = 0;
        if (TargetMemory.Read(threadId, message.Vectors, raw) == raw.Length)
        {
            foreach (ref readonly Vector vector in vectors)
                total += Math.Min(vector.Length, int.MaxValue);
        }

        return total;
    }

    /// <summary>A vector of buffers, gathered.</summary>
    public static Argument Gather(int threadId, ulong address, ulong count, int bound)
    {
        if (count > MaxVectors)
            return Argument.Unreadable;
        Vector[] vectors = new Vector[count];
        Span<byte> raw = MemoryMarshal.AsBytes(vectors.AsSpan());
        if (TargetMemory.Read(threadId, address, raw) != raw.Length)
            return Argument.Unreadable;

        ulong total = 0;
        foreach (Vector vector in vectors)
            total += Math.Min(vector.Length, long.MaxValue / MaxVectors);
        byte[] bytes = new byte[Math.Min(total, (ulong)bound)];
        int have = 0;
        foreach (Vector vector in vectors)
        {
            int want = (int)Math.Min(vector.Length, (ulong)(bytes.Length - have));
            int got = TargetMemory.Read(threadId, vector.Base, bytes.AsSpan(have, want));
            have += got;
            if (got < want)
                return have == 0 ? Argument.Unreadable : Argument.FromData(TargetText.FromBytes(bytes.AsSpan(0, have)), partial: true, (long)total);
        }

        return Argument.FromData(TargetText.FromBytes(bytes.AsSpan(0, have)), (ulong)have < total, (long)total);
    }
}
