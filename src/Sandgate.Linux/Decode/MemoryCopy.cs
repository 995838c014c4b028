namespace Sandgate.Linux.Decode;

/// <summary>
/// What was read of one stopped call's memory. While it is <see cref="Current"/>, whatever is read a second time from an
/// address is what was read there first, so that a call is judged, and carried out, on one and the same copy.
/// </summary>
internal sealed class MemoryCopy
{
    [ThreadStatic]
    private static MemoryCopy? t_current;

    private readonly Dictionary<ulong, byte[]> _blocks = [];

    /// <summary>The copy that this thread's reads go through; null for none.</summary>
    public static MemoryCopy? Current
    {
        get => t_current;
        set => t_current = value;
    }

    /// <summary>Forgets everything.</summary>
    public void Clear() => _blocks.Clear();

    /// <summary>Reads as <see cref="TargetMemory.Read(int, ulong, Span{byte})"/> does.</summary>
    public int Read(int threadId, ulong address, Span<byte> into)
    {
        if (_blocks.TryGetValue(address, out byte[]? block) && block.Length >= into.Length)
        {
            block.AsSpan(0, into.Length).CopyTo(into);
            return into.Length;
        }

        int have = TargetMemory.ReadNow(threadId, address, into);
        if (block is not null)
        {
            block.CopyTo(into);
            have = Math.Max(have, block.Length);
        }

        if (have > 0)
            _blocks[address] = into[..have].ToArray();
        return have;
    }
}
