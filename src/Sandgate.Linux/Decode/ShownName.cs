using System.Globalization;
using Sandgate.Core.Decode;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Decode;

/// <summary>
/// The name of a file for which the kernel shows one (/proc/PID/fd and its kin, by d_path in fs/d_path.c), as rules know it.
/// </summary>
internal static class ShownName
{
    // So the kernel marks a name that was removed; memory files never had one.
    private const string Deleted = " (deleted)", MemoryFile = "/memfd:";

    /// <summary>
    /// What lost its name is still known by it: by removing the name of an open file nobody may get rid of the rules on it. What stands outside of the mount through
    /// which it was reached is shown as <c>/</c>, and has no name that could be told: null.
    /// </summary>
    /// <param name="shown">The name that the kernel shows.</param>
    /// <param name="descriptor">The supervisor's own descriptor of the file.</param>
    /// <param name="thread">A thread whose root counts, too.</param>
    public static string? Of(string shown, int descriptor, int thread) =>
        shown == "/" ? (IsAt("/", descriptor, thread) ? shown : null)
        : !IsMarked(shown) || IsAt(shown, descriptor, thread) ? shown : shown[..^Deleted.Length];

    /// <summary>The same for a name under /proc that leads to the file.</summary>
    public static string? Of(string shown, ReadOnlySpan<byte> link, int thread)
    {
        if (shown != "/" && !IsMarked(shown))
            return shown;
        int found = Files.OpenAt2(Files.AT_FDCWD, link, Files.O_PATH | Files.O_CLOEXEC, 0, mayBlock: true);
        if (found < 0)
            return null;
        string? name = Of(shown, found, thread);
        Files.Close(found);
        return name;
    }

    /// <summary>True for a name that was removed, unless the file is really called so.</summary>
    public static bool IsMarked(string shown) =>
        shown.EndsWith(Deleted, StringComparison.Ordinal) && shown.StartsWith('/') && !shown.StartsWith(MemoryFile, StringComparison.Ordinal);

    private static bool IsAt(string name, int descriptor, int thread) => Files.Stat(descriptor, out FileIdentity file)
        && (LeadsTo(name, file) || LeadsTo(string.Create(CultureInfo.InvariantCulture, $"/proc/{thread}/root{name}"), file));

    private static bool LeadsTo(string name, in FileIdentity file)
    {
        bool isRoot = name.EndsWith('/');
        int found = Files.OpenAt2(Files.AT_FDCWD, [.. TargetText.ToBytes(name), 0], Files.O_PATH | Files.O_CLOEXEC | (isRoot ? 0 : Files.O_NOFOLLOW), 0, mayBlock: true);
        if (found < 0)
            return false;
        bool same = Files.Stat(found, out FileIdentity there) && there.IsSameFile(file);
        Files.Close(found);
        return same;
    }
}
