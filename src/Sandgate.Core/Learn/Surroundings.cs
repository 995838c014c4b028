using Sandgate.Core.Decide;
using Sandgate.Core.Decide.Language;

namespace Sandgate.Core.Learn;

/// <summary>What a learner must know of the machine, and can't ask it for itself.</summary>
/// <param name="Start">The directory that <c>./</c> means, absolute.</param>
/// <param name="Home">The directory that <c>~/</c> means; null when there is none.</param>
/// <param name="Temporary">Directories for temporary files beside the usual ones (<c>$TMPDIR</c>).</param>
/// <param name="Secrets">Rules that refuse what looks like a secret: those of the profile <c>no-secrets</c>.</param>
public sealed record Surroundings(string Start, string? Home, IReadOnlyList<string> Temporary, RuleSet Secrets)
{
    // What a start in such a directory calls "./" is not the program's own.
    private static readonly string[] s_nobodys =
    [
        "/", "/bin", "/boot", "/dev", "/etc", "/home", "/lib", "/lib64", "/media", "/mnt", "/opt", "/proc", "/root", "/run", "/sbin", "/snap", "/srv", "/sys", "/tmp",
        "/usr", "/usr/bin", "/usr/lib", "/usr/local", "/usr/local/bin", "/usr/local/etc", "/usr/sbin", "/usr/share", "/var", "/var/cache", "/var/lib", "/var/log", "/var/spool", "/var/tmp", "/dev/shm", "/run/user", "/run/lock",
    ];

    private static readonly string[] s_inHome = [".config", ".local", ".local/share", ".local/state", ".local/bin", ".cache", "Desktop", "Documents", "Downloads", "snap"];

    /// <summary>Where temporary files usually are.</summary>
    internal static IReadOnlyList<string> UsualTemporary { get; } = ["/tmp", "/var/tmp", "/dev/shm"];

    private readonly Policy _secrets = new(Secrets, []);

    /// <summary>True when what is asked for looks like a secret.</summary>
    public bool IsSecret(CallView view) =>
        view.Operation is Decode.Operation.Open or Decode.Operation.Rename or Decode.Operation.Link or Decode.Operation.Connect
        && !_secrets.Decide(new Call { ThreadId = 0, Syscall = view.Name, Views = [view], Facts = new CallFacts { Domains = [] } }).Allowed;

    /// <summary>True when what was observed touches something that looks like a secret, in any way but asking whether it is there.</summary>
    public bool IsSecret(Observation seen)
    {
        if (seen.Target is not { } target)
            return false;
        if (IsSecret(seen.View))
            return true;
        bool touches = LearntFamilies.IsOnPlace(seen.View.Operation) && seen.View.Operation is not (Decode.Operation.Exec or Decode.Operation.Stat or Decode.Operation.Access or Decode.Operation.Readlink or Decode.Operation.Chdir or Decode.Operation.List);
        return touches && ((target is ['/', ..] && IsSecretFile(target)) || (seen.Second is ['/', ..] second && IsSecretFile(second)));
    }

    /// <summary>True when a file looks like a secret.</summary>
    public bool IsSecretFile(string path) => IsSecret(new CallView(Decode.Operation.Open, "open", [Argument.FromPath(path, path), Argument.FromText("r")]));

    /// <summary>True for a directory that temporary files are made in.</summary>
    public bool IsTemporary(string directory) =>
        UsualTemporary.Contains(directory) || Temporary.Contains(directory) || directory[(directory.LastIndexOf('/') + 1)..] is "tmp" or "temp" or ".tmp" or "_tmp";

    /// <summary>
    /// True when everything in a directory may become one rule: never a directory that many share, a home, one above the start directory, or one that
    /// secrets lie in by their very names.
    /// </summary>
    public bool MayBecomeOne(string directory) =>
        directory is ['/', _, ..] && !s_nobodys.Contains(directory) && !IsIn(directory, "/etc") && !IsIn(directory, "/dev") && !IsHome(directory) && !IsTemporary(directory)
        && !(directory != Start && IsIn(Start, directory)) && !IsSecretFile(directory) && !IsSecretFile(directory + "/x");

    private bool IsHome(string directory) =>
        directory == Home || (Home is not null && (IsIn(Home, directory) || s_inHome.Any(d => directory == $"{Home}/{d}"))) || (directory.StartsWith("/home/", StringComparison.Ordinal) && directory.Count(c => c == '/') == 2);

    /// <summary>True when a path is a directory or lies below it.</summary>
    public static bool IsIn(string path, string directory) =>
        path == directory || directory == "/" || (path.Length > directory.Length && path[directory.Length] == '/' && path.StartsWith(directory, StringComparison.Ordinal));

    /// <summary>A path as a rule writes it: below the start directory as <c>./</c>, below the home as <c>~/</c>.</summary>
    public string Shown(string path)
    {
        if (Start != "/" && IsIn(path, Start) && Start != Home)
            return path.Length == Start.Length ? "." : "." + path[Start.Length..];
        return Home is ['/', _, ..] home && path.Length > home.Length && IsIn(path, home) ? "~" + path[home.Length..] : path;
    }

    /// <summary>A glob as a rule writes it.</summary>
    public string ShownGlob(string shape) => (this with { Start = Glob.Escape(Start), Home = Home is null ? null : Glob.Escape(Home) }).Shown(shape);
}
