using System.Runtime.InteropServices;
using System.Text;

namespace Sandgate.Linux.Interop;

/// <summary>Unmanaged memory that lives as long as the arena: what a child without a runtime of its own may read.</summary>
internal sealed unsafe class NativeArena : IDisposable
{
    private readonly List<nint> _blocks = [];

    /// <summary>Zeroed memory for <paramref name="count"/> values.</summary>
    public T* Allocate<T>(int count)
        where T : unmanaged
    {
        // SAFETY: the block is freed only in Dispose; the size can't overflow for the counts used here.
        void* block = NativeMemory.AllocZeroed((nuint)Math.Max(1, count), (nuint)sizeof(T));
        _blocks.Add((nint)block);
        return (T*)block;
    }

    /// <summary>A copy of these values.</summary>
    public T* Copy<T>(ReadOnlySpan<T> values)
        where T : unmanaged
    {
        // SAFETY: the block holds exactly values.Length values.
        T* block = Allocate<T>(values.Length);
        values.CopyTo(new Span<T>(block, values.Length));
        return block;
    }

    /// <summary>A NUL-terminated copy of these bytes.</summary>
    public byte* Text(ReadOnlySpan<byte> bytes)
    {
        // SAFETY: one byte more than the text, and zeroed, so that it ends in NUL.
        byte* block = Allocate<byte>(bytes.Length + 1);
        bytes.CopyTo(new Span<byte>(block, bytes.Length));
        return block;
    }

    /// <summary>A NUL-terminated copy of this text as UTF-8.</summary>
    public byte* Text(string text) => Text(Encoding.UTF8.GetBytes(text));

    /// <summary>A NULL-terminated array of NUL-terminated strings, as execve(2) takes them.</summary>
    public byte** Texts(IReadOnlyList<byte[]> texts)
    {
        // SAFETY: one pointer more than texts, and zeroed, so that the array ends in NULL.
        nint* array = Allocate<nint>(texts.Count + 1);
        for (int i = 0; i < texts.Count; i++)
            array[i] = (nint)Text(texts[i]);
        return (byte**)array;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (nint block in _blocks)
        {
            // SAFETY: allocated above, freed once: the list is cleared.
            NativeMemory.Free((void*)block);
        }

        _blocks.Clear();
    }
}
