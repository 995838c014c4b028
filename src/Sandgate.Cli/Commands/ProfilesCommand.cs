using System.CommandLine;
using System.Text;

namespace Sandgate.Cli.Commands;

/// <summary><c>sandgate profiles</c>: what comes with Sandgate.</summary>
internal static class ProfilesCommand
{
    private const string Summary = "Lists the built-in profiles, or prints one: sandgate profiles [NAME]";

    private const string Description = $"""
        {Summary}

        A profile is a configuration; printed into a file it is a start for one's own.

        Examples:
          sandgate profiles
          sandgate profiles npm > config.json
        """;

    /// <summary>The verb with its argument.</summary>
    public static Command Create(bool details)
    {
        Argument<string?> name = new("NAME") { Description = "The profile to print.", Arity = ArgumentArity.ZeroOrOne };
        Command profiles = new("profiles", details ? Description : Summary) { name };
        profiles.SetAction(parsed => Show(parsed.GetValue(name)));
        return profiles;
    }

    private static int Show(string? name)
    {
        Output output = new();
        if (name is null)
        {
            foreach (string profile in Profiles.Names)
                output.Line($"  {output.Bold(profile.PadRight(18))}{FirstComment(Profiles.Read(profile).Bytes)}");
            output.Line("Use one with 'sandgate run -p NAME -- program', or under \"extends\" in a configuration.");
            output.Print();
            return 0;
        }

        try
        {
            using Stream console = Console.OpenStandardOutput();
            console.Write(Profiles.Read(name).Bytes);
            return 0;
        }
        catch (IOException unknown)
        {
            Messages.Say(unknown.Message);
            return 1;
        }
    }

    // Each profile begins with a line that says what it is for.
    private static string FirstComment(byte[] bytes)
    {
        string line = Encoding.UTF8.GetString(bytes).Split('\n', 2)[0];
        return line.StartsWith("//", StringComparison.Ordinal) ? line[2..].Trim() : "";
    }
}
