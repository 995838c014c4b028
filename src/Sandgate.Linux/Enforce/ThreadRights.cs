using System.Buffers.Text;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Enforce;

/// <summary>What a thread may (credentials(7), capabilities(7)), as /proc/TID/status tells it.</summary>
/// <param name="User">The user id that files are opened with.</param>
/// <param name="Group">The group id, likewise.</param>
/// <param name="Groups">The supplementary groups.</param>
/// <param name="Capabilities">The effective capabilities.</param>
/// <param name="Bounding">The bounding set.</param>
/// <param name="Inheritable">The inheritable set.</param>
/// <param name="Ambient">The ambient set.</param>
internal sealed record ThreadRights(uint User, uint Group, uint[] Groups, ulong Capabilities, ulong Bounding, ulong Inheritable, ulong Ambient)
{
    /// <summary>The real user id.</summary>
    public uint RealUser { get; private init; }

    /// <summary>The real group id.</summary>
    public uint RealGroup { get; private init; }

    /// <summary>The effective user id.</summary>
    public uint EffectiveUser { get; private init; }

    /// <summary>The effective group id.</summary>
    public uint EffectiveGroup { get; private init; }

    /// <summary>The permitted capabilities.</summary>
    public ulong Permitted { get; private init; }

    /// <summary>True when real, effective and saved ids are the same: then a process with just these ids may look into it (ptrace(2)).</summary>
    public bool IsUniform { get; private init; }

    /// <summary>Reads them; null when the thread is gone.</summary>
    /// <param name="path">Its status file, which ends in NUL.</param>
    public static ThreadRights? Read(ReadOnlySpan<byte> path)
    {
        ReadOnlySpan<byte> status = ProcStatus.Read(path, stackalloc byte[ProcStatus.Room]);
        if (status.IsEmpty)
            return null;
        List<uint> groups = [];
        ReadOnlySpan<byte> line = ProcStatus.Line(status, "\nGroups:\t"u8);
        while (Utf8Parser.TryParse(line, out uint group, out int used))
        {
            groups.Add(group);
            line = line[used..].TrimStart((byte)' ');
        }

        ReadOnlySpan<byte> users = ProcStatus.Line(status, "\nUid:\t"u8), memberships = ProcStatus.Line(status, "\nGid:\t"u8);
        return new(Fourth(users), Fourth(memberships), [.. groups],
            Hex(status, "\nCapEff:\t"u8), Hex(status, "\nCapBnd:\t"u8), Hex(status, "\nCapInh:\t"u8), Hex(status, "\nCapAmb:\t"u8))
        {
            RealUser = First(users),
            RealGroup = First(memberships),
            EffectiveUser = Second(users),
            EffectiveGroup = Second(memberships),
            Permitted = Hex(status, "\nCapPrm:\t"u8),
            IsUniform = FirstThreeAreSame(users) && FirstThreeAreSame(memberships),
        };
    }

    // Real, effective, saved, file system.
    private static uint Fourth(ReadOnlySpan<byte> line) =>
        Utf8Parser.TryParse(line[(line.LastIndexOf((byte)'\t') + 1)..], out uint id, out _) ? id : uint.MaxValue;

    private static uint First(ReadOnlySpan<byte> line) => Utf8Parser.TryParse(line, out uint id, out _) ? id : uint.MaxValue;

    private static uint Second(ReadOnlySpan<byte> line) => First(line[(line.IndexOf((byte)'\t') + 1)..]);

    private static ulong Hex(ReadOnlySpan<byte> status, ReadOnlySpan<byte> label) =>
        Utf8Parser.TryParse(ProcStatus.Line(status, label), out ulong set, out _, 'x') ? set : 0;

    private static bool FirstThreeAreSame(ReadOnlySpan<byte> line)
    {
        int tab = line.IndexOf((byte)'\t');
        return tab > 0 && line.Length > 2 * (tab + 1) && line[..(tab + 1)].SequenceEqual(line.Slice(tab + 1, tab + 1)) && line[..(tab + 1)].SequenceEqual(line.Slice(2 * (tab + 1), tab + 1));
    }
}
