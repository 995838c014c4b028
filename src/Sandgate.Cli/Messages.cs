namespace Sandgate.Cli;

/// <summary>What Sandgate itself says: on standard error, each line with its name. Standard output is the program's.</summary>
internal static class Messages
{
    /// <summary>Says one or more lines.</summary>
    public static void Say(string text)
    {
        foreach (string line in text.Split('\n'))
            Platform.WriteError($"sandgate: {line}\n");
    }
}
