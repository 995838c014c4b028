namespace Sandgate.Linux.Decode;

/// <summary>What a fork starts, as rules name it.</summary>
internal static class CloneKind
{
    private const ulong CLONE_VM = 0x100, CLONE_VFORK = 0x4000, CLONE_THREAD = 0x10000;

    /// <summary>Every word that <see cref="Render"/> can show.</summary>
    public static IReadOnlyList<string> Words { get; } = ["process", "thread", "vfork"];

    /// <summary>The kind that these clone(2) flags mean.</summary>
    public static string Render(ulong flags) =>
        (flags & CLONE_THREAD) != 0 ? "thread"
        : (flags & (CLONE_VFORK | CLONE_VM)) == (CLONE_VFORK | CLONE_VM) ? "vfork"
        : "process";
}
