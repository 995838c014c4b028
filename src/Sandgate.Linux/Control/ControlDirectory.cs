using System.Globalization;
using Sandgate.Core.Decode;
using Sandgate.Linux.Interop;
using Sandgate.Linux.Launch;

namespace Sandgate.Linux.Control;

/// <summary>
/// The directory that the sockets of a user's sessions lie in, held open: what is done in it is done in the very directory that was looked at,
/// and a socket's name needs no more room than an address has.
/// </summary>
internal sealed unsafe class ControlDirectory : IDisposable
{
    /// <summary>The ends of names: a session's socket, and the file that says how to reach it from afar.</summary>
    public const string SocketEnd = ".sock", RemoteEnd = ".remote.json";

    private const uint Private = 0x1c0; // 0700
    private const int EEXIST = 17;

    private static readonly TimeSpan s_longestMaking = TimeSpan.FromMinutes(1);

    private ControlDirectory(string path, int descriptor) => (Path, Descriptor) = (path, descriptor);

    /// <summary>Its path.</summary>
    public string Path { get; }

    /// <summary>It, open.</summary>
    public int Descriptor { get; }

    /// <summary>Where it is: below $XDG_RUNTIME_DIR, else /run/user/UID, else /tmp/sandgate-UID.</summary>
    public static string Place()
    {
        if (CommandLine.Variable(CommandLine.Environment(), "XDG_RUNTIME_DIR="u8) is ['/', ..] named && IsOurs(named))
            return named.TrimEnd('/') + "/sandgate";
        string user = Libc.Call(SyscallNumbers.geteuid).ToString(CultureInfo.InvariantCulture);
        string runtime = "/run/user/" + user;
        return IsOurs(runtime) ? runtime + "/sandgate" : "/tmp/sandgate-" + user;
    }

    /// <summary>Opens it, made if need be.</summary>
    /// <param name="path">Where it is.</param>
    /// <param name="make">True when it is to be made.</param>
    /// <param name="problem">Why it can't be used; empty when there is none yet.</param>
    public static ControlDirectory? Open(string path, bool make, out string problem)
    {
        byte[] name = [.. TargetText.ToBytes(path), 0];
        problem = "";
        fixed (byte* start = name)
        {
            // SAFETY: the pinned name ends in NUL.
            long made = make ? Libc.CallBlocking(SyscallNumbers.mkdirat, Files.AT_FDCWD, (long)start, Private) : -EEXIST;
            if (made is < 0 and not -EEXIST)
            {
                problem = $"{path} can't be made: {Core.Decide.Errnos.NameOf((int)-made)}";
                return null;
            }
        }

        int descriptor = Files.Open(Files.AT_FDCWD, name, Files.O_PATH | Files.O_DIRECTORY | Files.O_NOFOLLOW | Files.O_CLOEXEC);
        if (descriptor < 0)
        {
            if (make)
                problem = $"{path} is no directory";
            return null;
        }

        if (!IsPrivate(descriptor))
        {
            problem = $"{path} isn't a directory that only you can use (mode 0700)";
            Files.Close(descriptor);
            return null;
        }

        return new(path, descriptor);
    }

    /// <summary>The address of a name in it, as the kernel takes it.</summary>
    public byte[] AddressOf(string name) => UnixSocket.Address(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{Descriptor}/{name}"));

    /// <summary>Removes a name.</summary>
    public void Remove(string name)
    {
        fixed (byte* start = (byte[])[.. TargetText.ToBytes(name), 0])
        {
            // SAFETY: the pinned name ends in NUL.
            Libc.CallBlocking(SyscallNumbers.unlinkat, Descriptor, (long)start, 0);
        }
    }

    /// <summary>Gives what has one name another, in place of what had it.</summary>
    public bool Rename(string from, string to)
    {
        fixed (byte* old = (byte[])[.. TargetText.ToBytes(from), 0], next = (byte[])[.. TargetText.ToBytes(to), 0])
        {
            // SAFETY: both pinned names end in NUL.
            return Libc.CallBlocking(SyscallNumbers.renameat, Descriptor, (long)old, Descriptor, (long)next) == 0;
        }
    }

    /// <summary>Which file has a name here; null when none has.</summary>
    public FileIdentity? Find(string name)
    {
        int found = Files.Open(Descriptor, [.. TargetText.ToBytes(name), 0], Files.O_PATH | Files.O_NOFOLLOW | Files.O_CLOEXEC);
        if (found < 0)
            return null;
        bool known = Files.Stat(found, out FileIdentity file);
        Files.Close(found);
        return known ? file : null;
    }

    /// <summary>The sessions that have a socket here and live; what others left behind is removed.</summary>
    public List<string> Sweep()
    {
        List<string> living = [], remotes = [];
        foreach (string entry in Directory.EnumerateFileSystemEntries(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{Descriptor}/")))
        {
            string name = System.IO.Path.GetFileName(entry);
            if (name.EndsWith(RemoteEnd, StringComparison.Ordinal))
                remotes.Add(name);
            if (!name.EndsWith(SocketEnd, StringComparison.Ordinal) || IsBeingMade(name, entry))
                continue;
            int connected = UnixSocket.Connect(AddressOf(name), waits: false, out int errno);
            if (connected >= 0)
                Files.Close(connected);

            // A supervisor that just has no room for another client lives, too.
            if (connected < 0 && errno == UnixSocket.ECONNREFUSED)
                Remove(name);
            else if (connected >= 0 || errno == UnixSocket.EAGAIN)
                living.Add(name[..^SocketEnd.Length]);
        }

        foreach (string remote in remotes)
        {
            if (Find(remote[..^RemoteEnd.Length] + SocketEnd) is null)
                Remove(remote);
        }

        living.Sort(StringComparer.Ordinal);
        return living;
    }

    // Between bind(2) and listen(2) nobody answers, though somebody lives.
    private static bool IsBeingMade(string name, string path) => name[0] == '.' && DateTime.UtcNow - File.GetLastWriteTimeUtc(path) < s_longestMaking;

    private static bool IsOurs(string path)
    {
        int descriptor = Files.Open(Files.AT_FDCWD, [.. TargetText.ToBytes(path), 0], Files.O_PATH | Files.O_DIRECTORY | Files.O_NOFOLLOW | Files.O_CLOEXEC);
        if (descriptor < 0)
            return false;
        bool ours = Files.Stat(descriptor, out FileIdentity file) && file.Owner == Libc.Call(SyscallNumbers.geteuid);
        Files.Close(descriptor);
        return ours;
    }

    private static bool IsPrivate(int descriptor) =>
        Files.Stat(descriptor, out FileIdentity file) && file.IsDirectory && (file.Mode & 0xfff) == Private && file.Owner == Libc.Call(SyscallNumbers.geteuid);

    /// <inheritdoc/>
    public void Dispose() => Files.Close(Descriptor);
}
