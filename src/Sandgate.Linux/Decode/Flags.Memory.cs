using Sandgate.Core.Decode;

namespace Sandgate.Linux.Decode;

/// <summary>Memory protections and mappings.</summary>
internal static partial class Flags
{
    private const ulong MAP_TYPE = 0xf;

    private static readonly FlagSet s_protections = new("PROT_NONE",
        new(0x1, "PROT_READ"),
        new(0x2, "PROT_WRITE"),
        new(0x4, "PROT_EXEC"),
        new(0x8, "PROT_SEM"),
        new(0x1000000, "PROT_GROWSDOWN"),
        new(0x2000000, "PROT_GROWSUP"));

    private static readonly FlagSet s_mapFlags = new("0",
        new(0x1, "MAP_SHARED", MAP_TYPE),
        new(0x2, "MAP_PRIVATE", MAP_TYPE),
        new(0x3, "MAP_SHARED_VALIDATE", MAP_TYPE),
        new(0x8, "MAP_DROPPABLE", MAP_TYPE),
        new(0x10, "MAP_FIXED"),
        new(0x20, "MAP_ANONYMOUS"),
        new(0x40, "MAP_32BIT"),
        new(0x80, "MAP_ABOVE4G"),
        new(0x100, "MAP_GROWSDOWN"),
        new(0x800, "MAP_DENYWRITE"),
        new(0x1000, "MAP_EXECUTABLE"),
        new(0x2000, "MAP_LOCKED"),
        new(0x4000, "MAP_NORESERVE"),
        new(0x8000, "MAP_POPULATE"),
        new(0x10000, "MAP_NONBLOCK"),
        new(0x20000, "MAP_STACK"),
        new(0x40000, "MAP_HUGETLB"),
        new(0x80000, "MAP_SYNC"),
        new(0x100000, "MAP_FIXED_NOREPLACE"));
}
