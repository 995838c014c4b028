using Sandgate.Linux.Decode;

namespace Sandgate.Linux.Launch;

/// <summary>The directories that patterns are relative to, with every byte of their names: the runtime's own answers replace what is not UTF-8.</summary>
public static class UserPlaces
{
    /// <summary>The directory that this process was started in.</summary>
    public static string CurrentDirectory => RealPath.Of(".") ?? Environment.CurrentDirectory;

    /// <summary>The user's home; null when there is none.</summary>
    public static string? Home => CommandLine.Variable(CommandLine.Environment(), "HOME="u8);
}
