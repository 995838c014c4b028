namespace Sandgate.Linux.Doctor.Canaries;

/// <summary>A new directory of one's own, where there is room for one: in a container whose root is read-only, that may not be /tmp.</summary>
internal static class TemporaryPlace
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Makes one; null where nothing can be written to.</summary>
    public static string? Make()
    {
        foreach (string? above in (string?[])[Environment.GetEnvironmentVariable("TMPDIR"), "/tmp", "/var/tmp", "/dev/shm", Environment.GetEnvironmentVariable("HOME"), Environment.CurrentDirectory])
        {
            if (above is not ['/', ..] || Decode.RealPath.Of(above) is not { } real)
                continue;
            string place = Path.Join(real, "sandgate-doctor-" + Path.GetRandomFileName());
            try
            {
                Directory.CreateDirectory(place, Private);
                return place;
            }
            catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
            {
                // The next one, then.
            }
        }

        return null;
    }

    /// <summary>Removes it with everything in it.</summary>
    public static void Remove(string place)
    {
        try
        {
            Directory.Delete(place, recursive: true);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            // What is left is in a directory of temporary files.
        }
    }
}
