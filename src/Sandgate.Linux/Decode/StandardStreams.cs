using Sandgate.Core.Decode;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Decode;

/// <summary>
/// The standard streams as the user handed them over. A descriptor of the program is one of them
/// when it is open on the same file and in a direction in which the user opened it: a file given as
/// standard input doesn't become writable by being called stdin.
/// </summary>
internal sealed class StandardStreams
{
    private const int F_GETFL = 3, O_ACCMODE = 3, O_RDONLY = 0, O_WRONLY = 1;

    private static readonly string[] s_names = ["stdin", "stdout", "stderr"];
    private readonly string?[] _files = new string?[3];
    private readonly FileIdentity[] _identities = new FileIdentity[3];
    private readonly int[] _access = new int[3];

    /// <summary>Looks at the supervisor's own descriptors 0 to 2; call before anything changes them.</summary>
    public StandardStreams()
    {
        Span<byte> name = stackalloc byte[Files.PathMax];
        for (int i = 0; i < 3; i++)
        {
            int count = Files.ReadDescriptorName(i, name);
            _files[i] = count > 0 ? ShownName.Of(TargetText.FromBytes(name[..count]), i, Environment.ProcessId) : null;
            Files.Stat(i, out _identities[i]);
            _access[i] = (int)Libc.Call(SyscallNumbers.fcntl, i, F_GETFL) & O_ACCMODE;
        }
    }

    /// <summary>The stream's name, or null when this is a file of the program's own.</summary>
    /// <param name="file">The file behind the descriptor.</param>
    /// <param name="identify">Which file that is: a name can be given to another, a pipe's or a socket's can't.</param>
    /// <param name="descriptor">The descriptor's number; it decides between two streams on one file.</param>
    /// <param name="writing">True when the program writes, false when it reads; null when it does neither.</param>
    public string? NameOf(string file, Func<FileIdentity?> identify, int descriptor, bool? writing)
    {
        if (descriptor is >= 0 and < 3 && IsStream(descriptor, file, identify, writing))
            return s_names[descriptor];
        for (int i = 0; i < 3; i++)
        {
            if (IsStream(i, file, identify, writing))
                return s_names[i];
        }

        return null;
    }

    private bool IsStream(int index, string file, Func<FileIdentity?> identify, bool? writing) =>
        _files[index] == file && (writing is not { } writes || _access[index] != (writes ? O_RDONLY : O_WRONLY))
        && (!file.StartsWith('/') || (identify() is { } its && its.IsSameFile(_identities[index])));
}
