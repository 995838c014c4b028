using System.Globalization;
using System.Text;
using Sandgate.Linux.Interop;
using Sandgate.Linux.Launch;

namespace Sandgate.Linux.Confine.Limits;

/// <summary>A control group that this run made, in one hierarchy.</summary>
internal sealed class ControlGroup : IDisposable
{
    private const int O_WRONLY = 1, SIGKILL = 9;
    private const int Patience = 2000, Nap = 5;

    private readonly int _members;
    private LaunchPlan? _joinedBy;

    private ControlGroup(string directory, int version, int members) => (Directory, Version, _members) = (directory, version, members);

    /// <summary>Its directory.</summary>
    public string Directory { get; }

    /// <summary>The version of its hierarchy, 1 or 2.</summary>
    public int Version { get; }

    /// <summary>Makes a group; null when that isn't allowed here.</summary>
    public static ControlGroup? Make(string parent, string name, int version)
    {
        string directory = Path.Combine(parent, name);
        if (!TryMakeDirectory(directory))
            return null;
        int members = Files.Open(Files.AT_FDCWD, Path0(directory, "cgroup.procs"), O_WRONLY | Files.O_CLOEXEC);
        if (members >= 0)
            return new(directory, version, members);
        TryRemoveDirectory(directory);
        return null;
    }

    /// <summary>True when the child joins it, or has.</summary>
    public bool IsJoined => _joinedBy is not null;

    /// <summary>True when the group has such a file, which depends on its controllers and on the kernel's age.</summary>
    public bool Has(string file) => File.Exists(Path.Combine(Directory, file));

    /// <summary>Sets a limit; false when the kernel refuses.</summary>
    public bool Set(string file, long value) => Set(file, value.ToString(CultureInfo.InvariantCulture));

    /// <summary>Sets a limit; false when the kernel refuses.</summary>
    public bool Set(string file, string value) => Write(Directory, file, value);

    /// <summary>The number in a file, or behind a word in it; null when there is none.</summary>
    public long? Read(string file, string? word = null)
    {
        try
        {
            foreach (string line in File.ReadLines(Path.Combine(Directory, file)))
            {
                string[] parts = line.Split(' ');
                if ((word is null || parts[0] == word) && long.TryParse(parts[^1], NumberStyles.None, CultureInfo.InvariantCulture, out long value))
                    return value;
            }
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
        }

        return null;
    }

    /// <summary>Appends the step by which the child joins, unless an earlier mechanism has already.</summary>
    public unsafe void AddJoin(LaunchPlan plan)
    {
        if (_joinedBy == plan)
            return;
        _joinedBy = plan;

        // The descriptor is the supervisor's: the child shares its table until the execve. "0" is who writes.
        plan.Add(StepScope.Child, $"join the control group {Directory}", SyscallNumbers.write, _members, (long)plan.Memory.Text("0"u8), 1);
    }

    /// <summary>The child can't join after all.</summary>
    public void Leave() => _joinedBy = null;

    /// <summary>Stops everything in it, or lets it go on; false when this kernel or hierarchy can't.</summary>
    public bool Freeze(bool frozen) => Freeze(Directory, frozen);

    /// <summary>Kills what is in it; what is frozen goes on first, because version 1 kills nothing that is.</summary>
    public void Kill() => Kill(Directory);

    /// <summary>Kills what is in a group, once.</summary>
    public static void Kill(string directory)
    {
        Freeze(directory, frozen: false);
        if (Write(directory, "cgroup.kill", "1"))
            return;
        foreach (int process in Members(directory))
            Libc.Call(SyscallNumbers.kill, process, SIGKILL);
    }

    /// <summary>Kills what is in a group and removes it: the last task leaves it a moment after it was reaped. False when it stays.</summary>
    public static bool Remove(string directory)
    {
        for (int waited = 0; ; waited += Nap)
        {
            if (TryRemoveDirectory(directory))
                return true;
            if (waited >= Patience)
                return false;
            Kill(directory);
            Thread.Sleep(Nap);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Files.Close(_members);
        Remove(Directory);
    }

    /// <summary>Writes into a file of a group; false when the kernel refuses.</summary>
    public static unsafe bool Write(string directory, string file, string value)
    {
        int opened = Files.Open(Files.AT_FDCWD, Path0(directory, file), O_WRONLY | Files.O_CLOEXEC);
        if (opened < 0)
            return false;
        byte[] text = Encoding.ASCII.GetBytes(value);
        long written;

        // SAFETY: the pinned array and its own length.
        fixed (byte* start = text)
            written = Libc.CallBlocking(SyscallNumbers.write, opened, (long)start, text.Length);
        Files.Close(opened);
        return written == text.Length;
    }

    private static bool Freeze(string directory, bool frozen) =>
        Write(directory, "cgroup.freeze", frozen ? "1" : "0") || Write(directory, "freezer.state", frozen ? "FROZEN" : "THAWED");

    private static int[] Members(string directory)
    {
        try
        {
            // 0 stands for what another namespace has.
            return [.. File.ReadLines(Path.Combine(directory, "cgroup.procs")).Select(l => int.Parse(l, CultureInfo.InvariantCulture)).Where(p => p > 0)];
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static byte[] Path0(string directory, string file) => [.. Encoding.UTF8.GetBytes(Path.Combine(directory, file)), 0];

    private static unsafe bool TryMakeDirectory(string directory)
    {
        fixed (byte* name = Path0(directory, ""))
            return Libc.CallBlocking(SyscallNumbers.mkdirat, Files.AT_FDCWD, (long)name, 0x1ed /* 0755 */) == 0;
    }

    private static unsafe bool TryRemoveDirectory(string directory)
    {
        const int AT_REMOVEDIR = 0x200, ENOENT = 2;
        fixed (byte* name = Path0(directory, ""))
            return Libc.CallBlocking(SyscallNumbers.unlinkat, Files.AT_FDCWD, (long)name, AT_REMOVEDIR) is 0 or -ENOENT;
    }
}
