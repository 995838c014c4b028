using System.Runtime.InteropServices;
using Sandgate.Core.Decode;

namespace Sandgate.Linux.Decode;

/// <summary>
/// The text of paths that were seen lately, so that a program that opens the same files again and
/// again makes no garbage here. Not to be shared between threads.
/// </summary>
internal sealed class PathNames
{
    private const int Slots = 512;

    private readonly (byte[] Bytes, string Text)[] _slots = new (byte[], string)[Slots];

    /// <summary>The text for these bytes; the same object while it is remembered.</summary>
    public string Of(ReadOnlySpan<byte> path)
    {
        ref (byte[] Bytes, string Text) slot = ref _slots[Hash(path) & (Slots - 1)];
        if (slot.Bytes is null || !path.SequenceEqual(slot.Bytes))
            slot = (path.ToArray(), TargetText.FromBytes(path));
        return slot.Text;
    }

    // Collisions cost speed only; a program that makes them on purpose slows itself down.
    private static uint Hash(ReadOnlySpan<byte> path)
    {
        ulong hash = (ulong)path.Length;
        foreach (ulong word in MemoryMarshal.Cast<byte, ulong>(path))
            hash = (hash ^ word) * 0x9e3779b97f4a7c15;
        foreach (byte rest in path[(path.Length & ~7)..])
            hash = (hash ^ rest) * 0x9e3779b97f4a7c15;
        return (uint)(hash >> 40);
    }
}
