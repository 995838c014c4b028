namespace Sandgate.Core.Record;

/// <summary>What pieces of a record were read as. Records say the same again and again; each place keeps the last piece that fell on it.</summary>
internal sealed class SeenBytes<T>
{
    private const int Places = 4096;

    private readonly (byte[] Bytes, T Value)[] _seen = new (byte[], T)[Places];

    /// <summary>The value of equal bytes, read now if they are new.</summary>
    public T Get(ReadOnlySpan<byte> bytes, Func<ReadOnlyMemory<byte>, T> read)
    {
        HashCode hash = default;
        hash.AddBytes(bytes);
        ref (byte[] Bytes, T Value) place = ref _seen[hash.ToHashCode() & (Places - 1)];
        if (place.Bytes is null || !bytes.SequenceEqual(place.Bytes))
        {
            byte[] own = bytes.ToArray();
            place = (own, read(own));
        }

        return place.Value;
    }
}
