using Sandgate.Core.Decode;
using Sandgate.Core.Decide.Language;

namespace Sandgate.Cli;

/// <summary>Which calls <c>--trace</c> shows and <c>--trap</c> stops.</summary>
internal static class TraceSelection
{
    /// <summary>Reads <c>open,exec</c>; nothing means every family, <c>*</c> every call.</summary>
    /// <param name="option">The option it is given to, for messages.</param>
    /// <param name="text">The names.</param>
    /// <exception cref="IOException">A name is unknown.</exception>
    public static HashSet<string> Parse(string option, string text)
    {
        if (text.Length == 0)
            return [.. Operations.All.Select(o => o.Name)];
        HashSet<string> names = [];
        HashSet<string> known = [.. Operations.All.Select(o => o.Name), .. Platform.Catalogue().Syscalls.Select(s => s.Name), "*"];
        foreach (string name in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (!known.Contains(name))
            {
                string like = Suggestion.For(name, known) is { } near ? "; " + near : "";
                throw new IOException($"{option}: there is no call '{name}'{like}");
            }

            names.Add(name);
        }

        return names;
    }
}
