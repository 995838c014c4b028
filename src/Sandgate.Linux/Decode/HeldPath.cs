using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Decode;

/// <summary>What of a path is kept hold of, for a call that the supervisor does itself.</summary>
internal enum Hold : byte
{
    /// <summary>Nothing: only the name is wanted.</summary>
    Nothing,

    /// <summary>The file that the path means.</summary>
    Object,

    /// <summary>The directory and the last name in it, whatever that name means: for calls that make, remove or move names.</summary>
    Entry,

    /// <summary>The file, or where it isn't there the directory and the name under which it would be created.</summary>
    Created,
}

/// <summary>
/// What a path of the program led to when it was judged, held open, so that the call can be done on
/// just that whatever happens to names and memory meanwhile.
/// </summary>
internal sealed class HeldPath : IDisposable
{
    private readonly byte[] _name = new byte[Files.PathMax + 2];
    private int _nameLength;

    /// <summary>An O_PATH descriptor of the file; -1 when there is none.</summary>
    public int Object { get; private set; } = -1;

    /// <summary>An O_PATH descriptor of the directory in which <see cref="Name"/> stands; -1 when it wasn't wanted.</summary>
    public int Parent { get; private set; } = -1;

    /// <summary>The last name, ending in NUL; with its slash when the program wrote one.</summary>
    public ReadOnlySpan<byte> Name => _name.AsSpan(0, _nameLength + 1);

    /// <summary>True when the last name is <c>.</c>, <c>..</c> or the root.</summary>
    public bool IsNameless => Parent >= 0 && Name.TrimEnd((byte)0).TrimEnd((byte)'/') is var name && (name.IsEmpty || name.SequenceEqual("."u8) || name.SequenceEqual(".."u8));

    /// <summary>The real name that was judged; null when it could not be told.</summary>
    public string? RealName { get; set; }

    /// <summary>What the kernel answers a call on this path with; 0 when it could succeed.</summary>
    public int Errno { get; private set; }

    /// <summary>True when the path ends in a slash, so that only a directory will do.</summary>
    public bool WantsDirectory { get; private set; }

    /// <summary>True when a call that would make the object may not open it (<see cref="StickyDirectory"/>); null when only its name tells.</summary>
    public bool? IsNotToBeReused { get; set; }

    /// <summary>Which file the object is; valid when there is one.</summary>
    public FileIdentity Identity { get; private set; }

    /// <summary>True when a descriptor or an errno is known.</summary>
    public bool IsKnown => Object >= 0 || Parent >= 0 || Errno != 0;

    /// <summary>Takes over the file's descriptor.</summary>
    public void TakeObject(int descriptor)
    {
        Object = descriptor;
        Files.Stat(descriptor, out FileIdentity identity);
        Identity = identity;
    }

    /// <summary>Takes over the directory's descriptor, and the name in it.</summary>
    public void TakeEntry(int parent, ReadOnlySpan<byte> name, bool slash)
    {
        Parent = parent;
        name.CopyTo(_name);
        _nameLength = name.Length;
        if (slash)
            _name[_nameLength++] = (byte)'/';
        _name[_nameLength] = 0;
        WantsDirectory = slash;
    }

    /// <summary>Hands the file's descriptor over to the caller.</summary>
    public int GiveAway()
    {
        int given = Object;
        Object = -1;
        return given;
    }

    /// <summary>Notes that the call can only fail.</summary>
    public void Fail(int errno) => Errno = errno;

    /// <summary>Notes that the path ends in a slash.</summary>
    public void WantDirectory() => WantsDirectory = true;

    /// <summary>Lets go.</summary>
    public void Release()
    {
        if (Object >= 0)
            Files.Close(Object);
        if (Parent >= 0)
            Files.Close(Parent);
        (Object, Parent, Errno, WantsDirectory, _nameLength, RealName, IsNotToBeReused) = (-1, -1, 0, false, 0, null, null);
        _name[0] = 0;
    }

    /// <inheritdoc/>
    public void Dispose() => Release();
}
