namespace Sandgate.Linux.Decode;

/// <summary>Path names as bytes.</summary>
internal static class PathText
{
    /// <summary>
    /// Removes empty and <c>.</c> components and takes <c>..</c> back, in place; true to the kernel's
    /// walk only where no component is a symbolic link. Returns the new length.
    /// </summary>
    /// <param name="path">An absolute path, without its NUL.</param>
    /// <param name="upwards">True when the path had a <c>..</c>, which leads elsewhere if a directory is moved meanwhile.</param>
    public static int Normalize(Span<byte> path, out bool upwards)
    {
        int length = 0;
        upwards = false;
        for (int at = 0; at < path.Length;)
        {
            int end = path[at..].IndexOf((byte)'/');
            end = end < 0 ? path.Length : at + end;
            ReadOnlySpan<byte> component = path[at..end];
            if (component.SequenceEqual(".."u8))
            {
                length = Math.Max(0, path[..length].LastIndexOf((byte)'/'));
                upwards = true;
            }
            else if (!component.IsEmpty && !component.SequenceEqual("."u8))
            {
                path[length++] = (byte)'/';
                component.CopyTo(path[length..]);
                length += component.Length;
            }

            at = end + 1;
        }

        if (length == 0)
            path[length++] = (byte)'/';
        return length;
    }

    /// <summary>Splits off the last component; trailing slashes don't count. The directory is empty for a bare name.</summary>
    public static (int DirectoryLength, Range Name) Split(ReadOnlySpan<byte> path)
    {
        int end = path.Length;
        while (end > 1 && path[end - 1] == (byte)'/')
            end--;
        int slash = path[..end].LastIndexOf((byte)'/');
        return (slash + 1, (slash + 1)..end);
    }
}
