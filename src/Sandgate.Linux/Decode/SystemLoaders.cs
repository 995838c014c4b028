using System.Text.RegularExpressions;
using Sandgate.Core;
using Sandgate.Core.Decode;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Decode;

/// <summary>
/// The dynamic loaders of this system (ld.so(8)). That an ELF file names one of them says nothing about what runs; that a command
/// gives one of them a program does.
/// </summary>
internal static partial class SystemLoaders
{
    private static readonly string[] s_names =
    [
        "/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux.so.2", "/libx32/ld-linux-x32.so.2", "/lib/ld-musl-x86_64.so.1", "/lib/ld-musl-i386.so.1",
        "/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1",
    ];

    // Options that take the next argument, of glibc's loader and of musl's.
    private static readonly string[] s_withValue =
        ["--library-path", "--inhibit-rpath", "--audit", "--preload", "--argv0", "--glibc-hwcaps-prepend", "--glibc-hwcaps-mask"];

    private static readonly HashSet<(ulong Device, ulong Inode)> s_known = [.. Find().Select(l => (l.Identity.Device, l.Identity.Inode))];
    private static readonly Lazy<HashSet<(ulong Device, ulong Inode)>> s_mapped = new(() => [.. Find().Select(MappedFile.NumbersOf)]);

    /// <summary>True for a loader that came with the system.</summary>
    public static bool Contains(in FileIdentity file) => s_known.Contains((file.Device, file.Inode));

    /// <summary>True for the numbers by which <c>/proc/PID/maps</c> shows such a loader.</summary>
    public static bool AreMappedAs((ulong Device, ulong Inode) numbers) => s_mapped.Value.Contains(numbers);

    /// <summary>True for what loads the program that its arguments name: a loader of the system, or a file that is called like one.</summary>
    public static bool IsLoader(HeldObject file) =>
        Contains(file.Identity) || (file.Path.Resolved is { } path && LoaderName().IsMatch(path[(path.LastIndexOf('/') + 1)..]));

    /// <summary>The argv of the program that a loader is told to load; null when it is told none, and an unreadable argument when that can't be known.</summary>
    public static List<Argument>? ProgramOf(List<Argument> argv)
    {
        int at = 1;
        for (; at < argv.Count && argv[at].Given is { } option && option.StartsWith("--", StringComparison.Ordinal); at++)
        {
            if (option == "--")
            {
                at++;
                break;
            }

            if (Array.IndexOf(s_withValue, option) >= 0)
                at++;
        }

        return at < argv.Count ? argv[at..] : null;
    }

    [GeneratedRegex(@"^ld(64|-linux[-\w]*|-musl[-\w]*|-[0-9.]+)?\.so(\.[0-9]+)?$", RegexOptions.CultureInvariant)]
    private static partial Regex LoaderName();

    // Each is let go of when the next is asked for.
    private static IEnumerable<HeldObject> Find()
    {
        foreach (string name in s_names.Concat(OwnLoader()))
        {
            if (HeldObject.At(name) is not { } loader)
                continue;
            yield return loader;
            loader.LetGo();
        }
    }

    // Where the system keeps its loader elsewhere, this program names it.
    private static IEnumerable<string> OwnLoader()
    {
        using Microsoft.Win32.SafeHandles.SafeFileHandle self = File.OpenHandle("/proc/self/exe");
        return ProgramFile.Beginning(self) is { } beginning && ProgramFile.InterpreterOf(self, beginning) is { } loader ? [TargetText.FromBytes(loader)] : [];
    }
}
