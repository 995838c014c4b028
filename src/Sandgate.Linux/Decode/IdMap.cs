using System.Buffers.Text;
using Sandgate.Linux.Enforce;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Decode;

/// <summary>User or group ids as a thread's own user namespace knows them (user_namespaces(7)).</summary>
internal sealed class IdMap
{
    private const uint None = uint.MaxValue;

    private static readonly uint s_noUser = Overflow("/proc/sys/kernel/overflowuid\0"u8), s_noGroup = Overflow("/proc/sys/kernel/overflowgid\0"u8);

    private readonly List<(uint Inside, uint Outside, uint Count)> _ranges = [];
    private readonly uint _unmapped;

    private IdMap(uint unmapped) => _unmapped = unmapped;

    /// <summary>The user ids of a thread; null when they are the supervisor's.</summary>
    public static IdMap? OfUsers(int threadId) => Of(threadId, "/uid_map"u8, s_noUser);

    /// <summary>The group ids of a thread; null when they are the supervisor's.</summary>
    public static IdMap? OfGroups(int threadId) => Of(threadId, "/gid_map"u8, s_noGroup);

    /// <summary>What the thread calls an id; what it has no name for, all have one name for.</summary>
    public uint Inside(uint id)
    {
        foreach ((uint inside, uint outside, uint count) in _ranges)
        {
            if (id >= outside && id - outside < count)
                return inside + (id - outside);
        }

        return _unmapped;
    }

    /// <summary>What the thread means by an id; null when it means nobody.</summary>
    public uint? Outside(uint id)
    {
        foreach ((uint inside, uint outside, uint count) in _ranges)
        {
            if (id >= inside && id - inside < count)
                return outside + (id - inside);
        }

        return null;
    }

    // The kernel tells the second column in ids of whoever reads, if his namespace is another.
    private static IdMap? Of(int threadId, ReadOnlySpan<byte> file, uint unmapped)
    {
        if (TargetCredentials.IsOfOwnNamespace(threadId))
            return null;
        Span<byte> path = stackalloc byte[ProcPath.Room];
        new ProcPath(path).Add("/proc/"u8).Add(threadId).Add(file);
        byte[] text = new byte[16384];
        int length = Files.ReadWhole(path, text);
        IdMap map = new(unmapped);
        ReadOnlySpan<byte> rest = text.AsSpan(0, Math.Max(0, length));
        while (Next(ref rest) is { } inside && Next(ref rest) is { } outside && Next(ref rest) is { } count)
        {
            if (outside != None)
                map._ranges.Add((inside, outside, count));
        }

        return map;
    }

    private static uint? Next(ref ReadOnlySpan<byte> text)
    {
        text = text.TrimStart(" \n"u8);
        if (!Utf8Parser.TryParse(text, out uint number, out int used))
            return null;
        text = text[used..];
        return number;
    }

    private static uint Overflow(ReadOnlySpan<byte> path)
    {
        const uint Usual = 65534;
        Span<byte> text = stackalloc byte[16];
        int length = Files.ReadWhole(path, text);
        return length > 0 && Utf8Parser.TryParse(text[..length], out uint id, out _) ? id : Usual;
    }
}
