using Sandgate.Core.Decide.NewNames;
using System.Collections.Immutable;
using System.Globalization;
using Sandgate.Core.Decide.Fields;
using Sandgate.Core.Decide.Index;
using Sandgate.Core.Decide.Language;

namespace Sandgate.Core.Decide.Conditions;

/// <summary>What the value of a field is compared with.</summary>
public abstract record ValueTest
{
    /// <summary>Whether a value passes. One that the call doesn't have never does.</summary>
    public Truth Holds(in FieldValue value) => value.State switch
    {
        FieldState.Absent => Truth.False,
        FieldState.Unknown => Truth.Unknown,
        _ => HoldsKnown(in value),
    };

    /// <summary>Whether a value that is there passes.</summary>
    protected abstract Truth HoldsKnown(in FieldValue value);

    /// <summary>Whether an argument passes in one of the forms that count.</summary>
    public virtual Truth HoldsForms(in Argument argument, Reading reading)
    {
        switch (argument.Kind)
        {
            case ArgumentKind.Unreadable:
                return Truth.Unknown;
            case ArgumentKind.Address:
                return HoldsText(argument.Given) == Truth.True ? Truth.True : Truth.Unknown;
            case ArgumentKind.Path:
                if (HoldsText(argument.Resolved) == Truth.True)
                    return Truth.True;
                if (reading == Reading.AnyForm && (HoldsText(argument.Given) == Truth.True || HoldsText(argument.Entry) == Truth.True))
                    return Truth.True;
                return argument.Resolved is null ? Truth.Unknown : Truth.False;
            default:
                return HoldsText(argument.Given);
        }
    }

    /// <summary>True when every file that passes by its old name certainly passes by its new one.</summary>
    internal virtual bool Carries(in NamePair names) =>
        names.Old == names.New || (!names.IsTree && (HoldsText(names.Old) == Truth.False || HoldsText(names.New) == Truth.True));

    /// <summary>True when the new name passes; for a tree, its own and every name below.</summary>
    internal virtual bool HoldsByNewName(in NamePair names) => !names.IsTree && HoldsText(names.New) == Truth.True;

    private Truth HoldsText(string? text) => text is null ? Truth.False : HoldsKnown(FieldValue.Of(text));

    /// <summary>Adds keys of which one is found in every text that passes; false when there are none.</summary>
    /// <param name="position">The position of the argument that is compared.</param>
    /// <param name="kind">What the argument is unless it can't be told; null for the call's text.</param>
    /// <param name="keys">Where to.</param>
    internal virtual bool AddKeys(int position, ArgumentKind? kind, List<Key> keys) => false;

    // For tests that have one key or none.
    private protected static bool Add(Key? key, List<Key> keys)
    {
        if (key is not null)
            keys.Add(key);
        return key is not null;
    }

    /// <summary>The comparison as an expression has it, <c>like '/etc/*'</c>.</summary>
    /// <param name="negated">True for its opposite, <c>not like '/etc/*'</c>.</param>
    public abstract string Print(bool negated);
}

/// <summary><c>== x</c>, and <c>in (x, y)</c>.</summary>
/// <param name="Items">What it may be; never empty.</param>
public sealed record OneOfTest(ImmutableArray<ListItem> Items) : ValueTest
{
    /// <inheritdoc/>
    protected override Truth HoldsKnown(in FieldValue value)
    {
        Truth result = Truth.False;
        foreach (ListItem item in Items)
        {
            switch (item.Holds(in value))
            {
                case Truth.True: return Truth.True;
                case Truth.Unknown: result = Truth.Unknown; break;
            }
        }

        return result;
    }

    /// <inheritdoc/>
    public override Truth HoldsForms(in Argument argument, Reading reading)
    {
        Truth result = Truth.False;
        foreach (ListItem item in Items)
        {
            switch (item is PathItem path ? path.Pattern.Match(in argument, reading) : base.HoldsForms(in argument, reading))
            {
                case Truth.True: return Truth.True;
                case Truth.Unknown: result = Truth.Unknown; break;
            }
        }

        return result;
    }

    internal override bool Carries(in NamePair names)
    {
        if (!names.IsTree)
            return base.Carries(in names);
        List<Glob> globs = [];
        foreach (ListItem item in Items)
        {
            switch (item)
            {
                case PathItem { Pattern: { Paths.IsEmpty: false } path }: globs.AddRange(path.Paths); break;
                case PathItem path: globs.Add(path.Pattern.Plain); break;
                case TextItem text: globs.Add(Glob.Parse(text.Text, "")); break;
            }
        }

        return GlobInclusion.Holds([.. globs], names.Old + "/", names.New + "/");
    }

    internal override bool AddKeys(int position, ArgumentKind? kind, List<Key> keys)
    {
        foreach (ListItem item in Items)
        {
            bool added = item switch
            {
                PathItem path => path.Pattern.AddKeys(position, kind, keys),
                TextItem text => Add(new Key(position, text.Text, []), keys),
                _ => false,
            };
            if (!added)
                return false;
        }

        return true;
    }

    /// <inheritdoc/>
    public override string Print(bool negated) =>
        Items is [{ IsSingle: true } only] ? $"{(negated ? "!=" : "==")} {only}" : $"{(negated ? "not in" : "in")} ({string.Join(", ", Items)})";

    /// <inheritdoc/>
    public bool Equals(OneOfTest? other) => other is not null && Items.SequenceEqual(other.Items);

    /// <inheritdoc/>
    public override int GetHashCode() => Print(false).GetHashCode(StringComparison.Ordinal);

    /// <inheritdoc/>
    public override string ToString() => Print(false);
}

/// <summary><c>&lt; 10</c> and the like.</summary>
/// <param name="Number">The number on the right.</param>
/// <param name="Below">True for below the number, false for above.</param>
/// <param name="OrEqual">True when the number itself passes, too.</param>
public sealed record OrderTest(Int128 Number, bool Below, bool OrEqual) : ValueTest
{
    /// <inheritdoc/>
    protected override Truth HoldsKnown(in FieldValue value)
    {
        if (value.State != FieldState.Number)
            return Truth.False;
        bool holds = value.Number == Number ? OrEqual : value.Number < Number == Below;
        return holds ? Truth.True : Truth.False;
    }

    /// <inheritdoc/>
    public override string Print(bool negated) =>
        $"{(Below ? '<' : '>')}{(OrEqual ? "=" : "")} {Number.ToString(CultureInfo.InvariantCulture)}";
}

/// <summary><c>contains x</c>.</summary>
/// <param name="Part">What must be in the text.</param>
public sealed record ContainsTest(string Part) : ValueTest
{
    /// <inheritdoc/>
    protected override Truth HoldsKnown(in FieldValue value) =>
        value.Text!.Contains(Part, StringComparison.Ordinal) ? Truth.True : value.IsPartial ? Truth.Unknown : Truth.False;

    internal override bool Carries(in NamePair names) =>
        names.IsTree ? GlobInclusion.Holds([Glob.Parse($"*{Glob.Escape(Part)}*")], names.Old + "/", names.New + "/") : base.Carries(in names);

    internal override bool AddKeys(int position, ArgumentKind? kind, List<Key> keys) => Add(Key.OfPart(position, Part), keys);

    /// <inheritdoc/>
    public override string Print(bool negated) => $"{(negated ? "not contains" : "contains")} {ExpressionText.Quote(Part)}";
}

/// <summary><c>like '/etc/*'</c>.</summary>
/// <param name="Pattern">The glob, with the forms it has over paths.</param>
public sealed record LikeTest(ArgumentPattern Pattern) : ValueTest
{
    /// <inheritdoc/>
    protected override Truth HoldsKnown(in FieldValue value) =>
        value.IsPartial ? Pattern.Plain.IsMatchOfBeginning(value.Text)
        : Pattern.MatchesAnyPath(value.Text!) ? Truth.True : Truth.False;

    /// <inheritdoc/>
    public override Truth HoldsForms(in Argument argument, Reading reading) => Pattern.Match(in argument, reading);

    internal override bool HoldsByNewName(in NamePair names) => names.IsTree ? Pattern.MatchesTree(names.New) : base.HoldsByNewName(in names);

    internal override bool Carries(in NamePair names) => Pattern.Carries(in names);

    internal override bool AddKeys(int position, ArgumentKind? kind, List<Key> keys) => Pattern.AddKeys(position, kind, keys);

    /// <inheritdoc/>
    public override string Print(bool negated) => $"{(negated ? "not like" : "like")} {ExpressionText.Quote(Pattern.Written)}";
}

/// <summary><c>~ /x/</c>: a regular expression found in the text.</summary>
/// <param name="Expression">The expression.</param>
public sealed record RegexTest(LinearRegex Expression) : ValueTest
{
    /// <inheritdoc/>
    protected override Truth HoldsKnown(in FieldValue value)
    {
        if (value.IsPartial)
            return Expression.IsMatchOfBeginning(value.Text) ? Truth.True : Truth.Unknown;
        return Expression.IsMatch(value.Text) ? Truth.True : Truth.False;
    }

    internal override bool AddKeys(int position, ArgumentKind? kind, List<Key> keys) => Add(Key.OfPart(position, Expression.Required), keys);

    /// <inheritdoc/>
    public override string Print(bool negated) => $"{(negated ? "!~" : "~")} {ExpressionText.Slashed(Expression.Source)}{(Expression.IgnoresCase ? "i" : "")}";

    /// <inheritdoc/>
    public bool Equals(RegexTest? other) =>
        other is not null && Expression.Source == other.Expression.Source && Expression.IgnoresCase == other.Expression.IgnoresCase;

    /// <inheritdoc/>
    public override int GetHashCode() => Expression.Source.GetHashCode(StringComparison.Ordinal);

    /// <inheritdoc/>
    public override string ToString() => Print(false);
}
