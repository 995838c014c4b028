using Sandgate.Core.Decide.NewNames;
using Sandgate.Core.Decide.Index;
using System.Collections.Immutable;
using Sandgate.Core.Decide.Language;

namespace Sandgate.Core.Decide.Conditions;

/// <summary>
/// A quoted glob over one argument. Over a path it stands for several globs: the one written
/// (made absolute), and the same with symbolic links in its literal beginning followed, so that a
/// rule on <c>/bin/*</c> holds where <c>/bin</c> is a link to <c>/usr/bin</c>.
/// </summary>
/// <param name="Written">The glob as the user wrote it, without its quotes.</param>
/// <param name="Plain">The glob for arguments that are not paths.</param>
/// <param name="Paths">The globs for arguments that are paths or the files of descriptors.</param>
public sealed record ArgumentPattern(string Written, Glob Plain, ImmutableArray<Glob> Paths)
{
    /// <summary>Whether an argument matches.</summary>
    public Truth Match(in Argument argument, Reading reading)
    {
        if (argument.Kind == ArgumentKind.Stdio)
            return Plain.Literal == argument.Given ? Truth.True : Truth.False;
        if (Plain.IsEverything)
            return Truth.True;
        switch (argument.Kind)
        {
            case ArgumentKind.Unreadable:
                return Truth.Unknown;
            case ArgumentKind.Address:
                return Plain.IsMatch(argument.Given) ? Truth.True : Truth.Unknown;
            case ArgumentKind.Path:
                return MatchPath(in argument, reading);
            case ArgumentKind.Descriptor:
                return MatchesAnyPath(argument.Given!) ? Truth.True : Truth.False;
            default:
                if (argument.IsPartial)
                    return Plain.IsMatchOfBeginning(argument.Given);
                return Plain.IsMatch(argument.Given) || MatchesAnyPath(argument.Given!) ? Truth.True : Truth.False;
        }
    }

    private Truth MatchPath(in Argument argument, Reading reading)
    {
        if (argument.Resolved is { } resolved && MatchesAnyPath(resolved))
            return Truth.True;
        if (reading == Reading.AnyForm)
        {
            // A relative name as given says nothing without its directory; its entry form says it all.
            if (argument.Given is ['/', ..] or ['u', 'n', 'i', 'x', ':', '/', ..] && MatchesAnyPath(argument.Given))
                return Truth.True;
            if (argument.Entry is { } entry && MatchesAnyPath(entry))
                return Truth.True;
        }

        return argument.Resolved is null ? Truth.Unknown : Truth.False;
    }

    /// <summary>Whether one of the forms that the glob stands for matches a real path.</summary>
    public bool MatchesAnyPath(string path)
    {
        if (Paths.IsEmpty)
            return Plain.IsMatch(path);
        foreach (Glob glob in Paths)
        {
            if (glob.IsMatch(path))
                return true;
        }

        return false;
    }

    /// <summary>True when a directory's own name and every name below it certainly match.</summary>
    internal bool MatchesTree(string directory)
    {
        foreach (Glob glob in Paths.IsEmpty ? [Plain] : Paths)
        {
            if (glob.IsPrefix && directory.StartsWith(glob.LiteralPrefix, StringComparison.Ordinal))
                return true;
        }

        return false;
    }

    /// <summary>True when everything that matches by its old name certainly matches by its new one.</summary>
    internal bool Carries(in NamePair names)
    {
        if (Plain.IsEverything || names.Old == names.New)
            return true;
        if (!names.IsTree)
            return !MatchesAnyPath(names.Old) || MatchesAnyPath(names.New);
        return GlobInclusion.Holds(Paths.IsEmpty ? [Plain] : Paths, names.Old + "/", names.New + "/");
    }

    /// <summary>Adds keys of which one is found in every argument that matches; false when there are none.</summary>
    /// <param name="position">The argument's position.</param>
    /// <param name="kind">What the argument is unless it can't be told; null when it could be anything.</param>
    /// <param name="keys">Where to.</param>
    internal bool AddKeys(int position, ArgumentKind? kind, List<Key> keys)
    {
        if (Plain.IsEverything)
            return false;
        bool plainToo = kind is not (ArgumentKind.Path or ArgumentKind.Descriptor) || Paths.IsEmpty;
        if (plainToo && !Add(Plain, position, keys))
            return false;
        foreach (Glob glob in Paths)
        {
            if (!(plainToo && ReferenceEquals(glob, Plain)) && !Add(glob, position, keys))
                return false;
        }

        return true;
    }

    private static bool Add(Glob glob, int position, List<Key> keys)
    {
        if (glob.KeyAt(position) is not { } key)
            return false;
        keys.Add(key);
        return true;
    }

    /// <inheritdoc/>
    public bool Equals(ArgumentPattern? other) => other is not null && Written == other.Written;

    /// <inheritdoc/>
    public override int GetHashCode() => Written.GetHashCode(StringComparison.Ordinal);

    /// <inheritdoc/>
    public override string ToString() => $"'{Written.Replace("'", "\\'", StringComparison.Ordinal)}'";
}
