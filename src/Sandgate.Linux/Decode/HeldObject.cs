using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Sandgate.Core;
using Sandgate.Linux.Enforce;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Decode;

/// <summary>What a path of the program meant when it was looked up, kept so that it can be told from everything else: its inode is not used again meanwhile.</summary>
/// <param name="Path">The path as rules see it.</param>
/// <param name="Handle">An O_PATH descriptor of what it meant; null when there was nothing.</param>
/// <param name="Identity">Which file that is.</param>
internal sealed record HeldObject(Argument Path, SafeFileHandle? Handle, FileIdentity Identity)
{
    private const int ENOENT = 2;

    /// <summary>Looks a path up as the kernel would for a thread. Returns 0, or the errno that a call on it must fail with.</summary>
    /// <param name="threadId">The thread.</param>
    /// <param name="credentials">Whose rights count on the way.</param>
    /// <param name="directory">The descriptor it is relative to, or AT_FDCWD.</param>
    /// <param name="path">The path, not empty, with a NUL after its end.</param>
    /// <param name="given">Its text.</param>
    /// <param name="followLast">Whether a link in the last place is followed.</param>
    /// <param name="held">What was found.</param>
    /// <param name="root">The real path of the root directory that the thread is going to have; null for the one it has.</param>
    public static int Find(int threadId, TargetCredentials credentials, int directory, ReadOnlySpan<byte> path, string given, bool followLast, out HeldObject held, string? root = null)
    {
        using PathWalk walk = new(threadId, directory, credentials, root: root);
        int errno = walk.Go(path, followLast || path[^1] == (byte)'/');
        held = errno != 0
            ? new(Argument.FromPath(given, null), null, default)
            : Of(Argument.FromPath(given, Inside(walk.Resolved, root), walk.Entry == walk.Resolved ? null : Inside(walk.Entry, root)), walk.Take());
        return errno;
    }

    // What lies in another root is known by its name there.
    private static string? Inside(string? path, string? root) => root is null || path is null ? path
        : path == root ? "/" : path.StartsWith(root + "/", StringComparison.Ordinal) ? path[root.Length..] : path;

    /// <summary>What a path of the supervisor's own leads to; null when there is nothing.</summary>
    public static HeldObject? At(string path)
    {
        int found = Files.OpenAt2(Files.AT_FDCWD, [.. Core.Decode.TargetText.ToBytes(path), 0], Files.O_PATH | Files.O_CLOEXEC, 0, mayBlock: true);
        return found < 0 ? null : Of(Argument.FromPath(path, NameOf(found, Environment.ProcessId)), found);
    }

    /// <summary>What a descriptor of a thread is open on. Returns 0 or a negative errno.</summary>
    public static int FindDescriptor(int threadId, int descriptor, out HeldObject held)
    {
        Span<byte> link = stackalloc byte[ProcPath.Room];
        ProcPath path = new ProcPath(link).Add("/proc/"u8).Add(threadId);
        if (descriptor == Files.AT_FDCWD)
            path.Add("/cwd"u8);
        else
            path.Add("/fd/"u8).Add(descriptor);
        int found = Files.OpenAt2(Files.AT_FDCWD, link, Files.O_PATH | Files.O_CLOEXEC, 0, mayBlock: true);
        string? name = found < 0 ? null : NameOf(found, threadId);
        held = name is null ? new(Argument.Unreadable, null, default) : Of(Argument.FromPath(name, name), found);
        if (name is null && found >= 0)
            Files.Close(found);
        return found < 0 ? found : name is null ? -ENOENT : 0;
    }

    /// <summary>What a process runs, under the path that was judged; null when it doesn't run a file of that name.</summary>
    public static HeldObject? FindExecuted(int process, in Argument judged)
    {
        if (FindExecuted(process) is not { } found)
            return null;
        if (found.Path.Resolved == judged.Resolved)
            return found with { Path = judged };
        found.LetGo();
        return null;
    }

    /// <summary>What a process runs, under its real name; null when that can't be told.</summary>
    public static HeldObject? FindExecuted(int process)
    {
        Span<byte> link = stackalloc byte[ProcPath.Room];
        new ProcPath(link).Add("/proc/"u8).Add(process).Add("/exe"u8);
        int found = Files.OpenAt2(Files.AT_FDCWD, link, Files.O_PATH | Files.O_CLOEXEC, 0, mayBlock: true);
        if (found < 0)
            return null;
        if (NameOf(found, process) is { } name)
            return Of(Argument.FromPath(name, name), found);
        Files.Close(found);
        return null;
    }

    /// <summary>The name of what one of the supervisor's own descriptors is open on, as a thread's rules know it.</summary>
    public static string? NameOf(int descriptor, int thread)
    {
        Span<byte> name = stackalloc byte[Files.PathMax];
        int count = Files.ReadDescriptorName(descriptor, name);
        return count > 0 ? ShownName.Of(Core.Decode.TargetText.FromBytes(name[..count]), descriptor, thread)
            : count == -LongName.ENAMETOOLONG ? LongName.Of(descriptor, thread) : null;
    }

    private static HeldObject Of(in Argument path, int descriptor)
    {
        if (descriptor < 0)
            return new(path, null, default);
        SafeFileHandle handle = new(descriptor, ownsHandle: true);
        Files.Stat(descriptor, out FileIdentity identity);
        return new(path, handle, identity);
    }

    /// <summary>True when a name under /proc leads to this very file.</summary>
    /// <param name="link">The name, with its NUL.</param>
    public bool IsBehind(ReadOnlySpan<byte> link)
    {
        if (Handle is null)
            return false;
        int other = Files.OpenAt2(Files.AT_FDCWD, link, Files.O_PATH | Files.O_CLOEXEC, 0, mayBlock: true);
        if (other < 0)
            return false;
        bool same = Files.Stat(other, out FileIdentity identity) && identity.Device == Identity.Device && identity.Inode == Identity.Inode;
        Files.Close(other);
        return same;
    }

    /// <summary>Opens it for reading if it is a plain file; null when it is none, a negative errno's file when it can't be read.</summary>
    public SafeFileHandle? OpenPlain(out bool unreadable)
    {
        const uint S_IFMT = 0xf000, S_IFREG = 0x8000;
        unreadable = false;
        if (Handle is null || (Identity.Mode & S_IFMT) != S_IFREG)
            return null;
        Span<byte> link = stackalloc byte[ProcPath.Room];
        new ProcPath(link).Add("/proc/self/fd/"u8).Add((int)Handle.DangerousGetHandle());
        int opened = Files.OpenAt2(Files.AT_FDCWD, link, Files.O_RDONLY | Files.O_CLOEXEC | Files.O_NONBLOCK, 0, mayBlock: true);
        unreadable = opened < 0;
        return opened < 0 ? null : new(opened, ownsHandle: true);
    }

    /// <summary>Lets go of it. Who lets go of what another still looks at makes that look fail, no more.</summary>
    public void LetGo() => Handle?.Dispose();
}
