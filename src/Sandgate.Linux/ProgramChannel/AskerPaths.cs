using Sandgate.Core;
using Sandgate.Core.Decide.Language;
using Sandgate.Core.Decode;
using Sandgate.Linux.Decode;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.ProgramChannel;

/// <summary>What paths mean to a process that asks: from its root and directory, with its rights, as when it would make the call.</summary>
internal sealed class AskerPaths(int process, PathResolver resolver) : ICallMeaning
{
    private const int ENOENT = 2, ENAMETOOLONG = 36;

    /// <inheritdoc/>
    public int CertainErrno { get; private set; }

    /// <inheritdoc/>
    public Argument PathOf(string text, bool followLast)
    {
        byte[] path = [.. TargetText.ToBytes(text), 0];
        int length = Array.IndexOf(path, (byte)0);
        if (length < path.Length - 1)
            return Argument.Unreadable;
        if (length is 0 or >= Files.PathMax)
            return Impossible(text, length == 0 ? ENOENT : ENAMETOOLONG);
        return resolver.Resolve(process, Files.AT_FDCWD, path.AsSpan(0, length), text, followLast, mayBlock: true) == Resolution.Done
            ? Argument.FromPath(text, resolver.Resolved, resolver.Entry) : Impossible(text, resolver.Errno);
    }

    private Argument Impossible(string text, int errno)
    {
        if (CertainErrno == 0)
            CertainErrno = errno;
        return Argument.FromPath(text, text.Length == 0 ? "" : null);
    }
}
