namespace Sandgate.Linux.Decode;

/// <summary>
/// open(2) flags as rules name them: <c>r</c>, <c>w</c>, <c>rw</c> or <c>path</c>, then, in this order,
/// <c>+create +truncate +append +exclusive +directory +nofollow +tmpfile</c>. What changes neither the
/// file nor which file it is (O_CLOEXEC, O_NONBLOCK, O_NOCTTY, O_SYNC, O_DIRECT, O_NOATIME …) is not shown.
/// </summary>
internal static class OpenMode
{
    private const uint
        O_ACCMODE = 3,
        O_CREAT = 0x40,
        O_EXCL = 0x80,
        O_TRUNC = 0x200,
        O_APPEND = 0x400,
        O_DIRECTORY = 0x10000,
        O_NOFOLLOW = 0x20000,
        O_PATH = 0x200000,
        __O_TMPFILE = 0x400000;

    // With O_PATH the kernel drops all others.
    private const uint O_PATH_FLAGS = O_PATH | O_DIRECTORY | O_NOFOLLOW;

    private static readonly (uint Flag, string Word)[] s_additions =
    [
        (O_CREAT, "+create"),
        (O_TRUNC, "+truncate"),
        (O_APPEND, "+append"),
        (O_EXCL, "+exclusive"),
        (O_DIRECTORY, "+directory"),
        (O_NOFOLLOW, "+nofollow"),
        (__O_TMPFILE, "+tmpfile"),
    ];

    // Access mode 3 asks for both permissions, though the descriptor is then good only for ioctl.
    private static readonly string[] s_bases = ["r", "w", "rw", "rw", "path"];

    private static readonly string?[] s_texts = new string?[s_bases.Length << s_additions.Length];

    /// <summary>Every word that <see cref="Render"/> can show.</summary>
    public static IReadOnlyList<string> Words => [.. s_bases.Distinct(), .. s_additions.Select(a => a.Word)];

    /// <summary>The mode's text. Makes no string for what was shown before.</summary>
    public static string Render(ulong flags)
    {
        uint shown = Effective(flags);
        int index = (shown & O_PATH) != 0 ? s_bases.Length - 1 : (int)(shown & O_ACCMODE);
        foreach ((uint flag, _) in s_additions)
            index = (index << 1) | ((shown & flag) != 0 ? 1 : 0);
        return s_texts[index] ??= Make(shown);
    }

    /// <summary>Whether a file opened so loses its contents.</summary>
    public static bool Truncates(ulong flags) => (Effective(flags) & O_TRUNC) != 0;

    private static uint Effective(ulong flags) => (uint)flags & ((flags & O_PATH) != 0 ? O_PATH_FLAGS : uint.MaxValue);

    private static string Make(uint shown)
    {
        string text = s_bases[(shown & O_PATH) != 0 ? s_bases.Length - 1 : (int)(shown & O_ACCMODE)];
        foreach ((uint flag, string word) in s_additions)
        {
            // O_TMPFILE contains O_DIRECTORY, which then means the directory of the nameless file.
            bool implied = flag == O_DIRECTORY && (shown & __O_TMPFILE) != 0;
            if ((shown & flag) != 0 && !implied)
                text += word;
        }

        return text;
    }
}
