using Sandgate.Core.Decode;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Decode;

/// <summary>realpath(3) for the supervisor's own paths.</summary>
public static class RealPath
{
    /// <summary>The real path of an existing file or directory; null when there is none.</summary>
    public static string? Of(string path)
    {
        int descriptor = Files.OpenAt2(Files.AT_FDCWD, [.. TargetText.ToBytes(path), 0], Files.O_PATH | Files.O_CLOEXEC, 0, mayBlock: true);
        if (descriptor < 0)
            return null;
        Span<byte> name = stackalloc byte[Files.PathMax];
        int count = Files.ReadDescriptorName(descriptor, name);
        Files.Close(descriptor);
        return count > 0 && name[0] == (byte)'/' ? TargetText.FromBytes(name[..count]) : null;
    }
}
