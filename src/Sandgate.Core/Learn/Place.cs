using Sandgate.Core.Decide.Language;
using Sandgate.Core.Decode;

namespace Sandgate.Core.Learn;

/// <summary>How a place's files are opened.</summary>
[Flags]
internal enum Access : byte
{
    /// <summary>Not at all.</summary>
    None = 0,

    /// <summary>For reading, or only held.</summary>
    Read = 1,

    /// <summary>For writing only.</summary>
    Write = 2,

    /// <summary>In every way.</summary>
    Both = 3,
}

/// <summary>How far a place reaches.</summary>
internal enum Reach : byte
{
    /// <summary>One path, or those that its glob matches.</summary>
    Itself,

    /// <summary>What lies in a directory, without what lies below that.</summary>
    Entries,

    /// <summary>Everything below a directory.</summary>
    Tree,
}

/// <summary>Files that are treated alike.</summary>
/// <param name="Shape">The glob of the file, or of the directory that <paramref name="Reach"/> speaks of; absolute, or a name such as <c>pipe:*</c>.</param>
/// <param name="Reach">How far it reaches.</param>
internal sealed record Place(string Shape, Reach Reach)
{
    private readonly Glob _glob = Glob.Parse(Reach == Reach.Itself ? Shape : Shape + "/*"), _below = Glob.Parse(Shape + "/*/*");

    /// <summary>True when one file is meant and no other.</summary>
    public bool IsExact => Reach == Reach.Itself && _glob.Literal is not null;

    /// <summary>The file, of a place that is one.</summary>
    public string Literal => _glob.Literal!;

    /// <summary>True when a file is in it.</summary>
    public bool Holds(string path) => _glob.IsMatch(path) && (Reach != Reach.Entries || !_below.IsMatch(path));

    /// <inheritdoc/>
    public bool Equals(Place? other) => other is not null && Shape == other.Shape && Reach == other.Reach;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Shape, Reach);
}

/// <summary>What was done in a place.</summary>
internal sealed class Use
{
    /// <summary>How its files were opened.</summary>
    public Access Access { get; set; }

    /// <summary>What else was done with them.</summary>
    public HashSet<Operation> Operations { get; } = [];

    /// <summary>By which programs.</summary>
    public SortedSet<string> Programs { get; } = new(StringComparer.Ordinal);

    /// <summary>How often.</summary>
    public long Count { get; set; }

    /// <summary>A path that was seen there, for people and for trying rules.</summary>
    public HashSet<string> Seen { get; } = new(StringComparer.Ordinal);

    /// <summary>Adds what was done elsewhere.</summary>
    public void Add(Use other)
    {
        Access |= other.Access;
        Operations.UnionWith(other.Operations);
        Programs.UnionWith(other.Programs);
        Count += other.Count;
        Seen.UnionWith(other.Seen);
    }

    /// <summary>True when nothing was changed.</summary>
    public bool OnlyReads => (Access & Access.Write) == 0 && Operations.All(IsReading);

    /// <summary>Equal for what is used alike.</summary>
    public string Kind => $"{Access} {string.Join(',', Operations.Order())}";

    private static bool IsReading(Operation operation) =>
        operation is Operation.Stat or Operation.Access or Operation.Readlink or Operation.Chdir or Operation.List or Operation.Read;

    /// <summary>True when nothing is done there that isn't done here.</summary>
    public bool Includes(Use other) => (Access | other.Access) == Access && Operations.IsSupersetOf(other.Operations) && Programs.IsSupersetOf(other.Programs);
}
