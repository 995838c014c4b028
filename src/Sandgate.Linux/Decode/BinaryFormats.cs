using System.Globalization;
using System.Text;

namespace Sandgate.Linux.Decode;

/// <summary>Handlers of further binary formats that the system has registered (binfmt_misc in the kernel's documentation).</summary>
internal static class BinaryFormats
{
    private const string Place = "/proc/sys/fs/binfmt_misc";

    /// <summary>A handler.</summary>
    /// <param name="Interpreter">What is run.</param>
    /// <param name="KeepsName">True when argv keeps its first element behind the file's path.</param>
    /// <param name="Extension">The extension that it is for; null when it is for bytes.</param>
    /// <param name="Offset">Where the bytes stand.</param>
    /// <param name="Magic">The bytes.</param>
    /// <param name="Mask">Which of their bits count; null for all.</param>
    internal sealed record Handler(byte[] Interpreter, bool KeepsName, string? Extension, int Offset, byte[] Magic, byte[]? Mask)
    {
        /// <summary>True when the kernel would run a file by this handler.</summary>
        public bool Handles(ReadOnlySpan<byte> beginning, string name)
        {
            if (Extension is { } wanted)
                return name.LastIndexOf('.') is >= 0 and var dot && name[(dot + 1)..] == wanted;
            if (Offset + Magic.Length > beginning.Length)
                return false;
            for (int i = 0; i < Magic.Length; i++)
            {
                if (((beginning[Offset + i] ^ Magic[i]) & (Mask?[i] ?? 0xff)) != 0)
                    return false;
            }

            return true;
        }
    }

    /// <summary>The handler of a file; null when it has none. The list is read anew each time: whoever may can change it.</summary>
    public static Handler? HandlerOf(ReadOnlySpan<byte> beginning, string name)
    {
        try
        {
            if (!File.Exists(Place + "/status") || !File.ReadAllText(Place + "/status").StartsWith("enabled", StringComparison.Ordinal))
                return null;
            foreach (string entry in Directory.EnumerateFiles(Place))
            {
                if (Path.GetFileName(entry) is not ("status" or "register") && Parse(File.ReadAllText(entry, Encoding.UTF8)) is { } handler && handler.Handles(beginning, name))
                    return handler;
            }
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            // What is run by a handler that isn't known here is found out when it has been executed.
        }

        return null;
    }

    /// <summary>Reads what the kernel tells of a handler; null when it is disabled.</summary>
    internal static Handler? Parse(string text)
    {
        string[] lines = text.Split('\n');
        string? ValueOf(string key) => Array.Find(lines, l => l.StartsWith(key, StringComparison.Ordinal))?[key.Length..];
        if (lines[0] != "enabled" || ValueOf("interpreter ") is not { } interpreter)
            return null;
        bool keepsName = ValueOf("flags: ")?.Contains('P', StringComparison.Ordinal) == true;
        byte[] path = Core.Decode.TargetText.ToBytes(interpreter);
        if (ValueOf("extension .") is { } extension)
            return new(path, keepsName, extension, 0, [], null);
        return ValueOf("magic ") is { } magic && ValueOf("offset ") is { } offset
            ? new(path, keepsName, null, int.Parse(offset, CultureInfo.InvariantCulture), Convert.FromHexString(magic), ValueOf("mask ") is { } mask ? Convert.FromHexString(mask) : null)
            : null;
    }
}
