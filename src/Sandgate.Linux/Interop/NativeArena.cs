using System.Runtime.InteropServices;
using Sandgate.Core.Decode;

namespace Sandgate.Linux.Interop;

/// <summary>Unmanaged memory that lives as long as the arena: what a child without a runtime of its own may read.</summary>
internal sealed unsafe class NativeArena : IDisposable
{
    private const int PROT_READ_WRITE = 3, MAP_PRIVATE_ANONYMOUS = 0x22, MAP_FIXED_NOREPLACE = 0x100000, PageSize = 4096;

    // The lower half of what x86-64 gives a process, in whole pages.
    private const long AddressBits = 0x3fff_ffff_f000;

    private readonly List<nint> _blocks = [];
    private readonly List<(long Address, long Length)> _mappings = [];

    /// <summary>Zeroed memory for <paramref name="count"/> values.</summary>
    public T* Allocate<T>(int count)
        where T : unmanaged
    {
        // SAFETY: the block is freed only in Dispose; the size can't overflow for the counts used here.
        void* block = NativeMemory.AllocZeroed((nuint)Math.Max(1, count), (nuint)sizeof(T));
        _blocks.Add((nint)block);
        return (T*)block;
    }

    /// <summary>Zeroed memory for <paramref name="count"/> words at an address that can't be guessed.</summary>
    public nint* Scatter(int count)
    {
        long length = ((count * sizeof(nint)) + (2 * PageSize) - 1) & -PageSize;
        for (int attempt = 0; attempt < 32; attempt++)
        {
            long random = RandomNumber.Draw(), wanted = random & AddressBits;

            // SAFETY: a new mapping that replaces no other; kernels that don't know the flag put it elsewhere, and it is given back.
            long got = Libc.Call(SyscallNumbers.mmap, wanted, length, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
            if (got == wanted)
            {
                _mappings.Add((got, length));

                // SAFETY: the offset is below a page, and the mapping is a page longer than what is asked for.
                return (nint*)(got + (random >> 48 & (PageSize - sizeof(nint))));
            }

            if (got > 0)
                Libc.Call(SyscallNumbers.munmap, got, length);
        }

        throw new SandboxException("find a random address", 12, "nothing was run");
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

    /// <summary>A NUL-terminated copy of the bytes that <see cref="TargetText"/> made this text from.</summary>
    public byte* Text(string text) => Text(TargetText.ToBytes(text));

    /// <summary>A NULL-terminated array of NUL-terminated strings, as execve(2) takes them.</summary>
    /// <param name="texts">The strings.</param>
    /// <param name="scattered">True when nobody may guess the array's address.</param>
    public byte** Texts(IReadOnlyList<byte[]> texts, bool scattered = false)
    {
        // SAFETY: one pointer more than texts, and zeroed, so that the array ends in NULL.
        nint* array = scattered ? Scatter(texts.Count + 1) : Allocate<nint>(texts.Count + 1);
        for (int i = 0; i < texts.Count; i++)
            array[i] = (nint)Text(texts[i]);
        return (byte**)array;
    }

    /// <summary>Leaves everything where it is, for good: somebody who can't be stopped may still read it.</summary>
    public void Abandon()
    {
        _blocks.Clear();
        _mappings.Clear();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (nint block in _blocks)
        {
            // SAFETY: allocated above, freed once: the list is cleared.
            NativeMemory.Free((void*)block);
        }

        // SAFETY: mapped above, given back once.
        foreach ((long address, long length) in _mappings)
            Libc.Call(SyscallNumbers.munmap, address, length);
        Abandon();
    }
}
