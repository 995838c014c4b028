using Sandgate.Core.Decide.Conditions;
using Sandgate.Core.Decide.Language;

namespace Sandgate.Core.Decide.Check;

/// <summary>Whether one rule matches whatever another matches. "False" means only that it isn't certain.</summary>
internal static class Cover
{
    /// <summary>True when <paramref name="wide"/> is asked about, and matches, every call that <paramref name="narrow"/> matches.</summary>
    public static bool Covers(Rule wide, Rule narrow) =>
        (wide.Scope == narrow.Scope || (wide.Scope.IsEvery && (wide.When is AnyCall || narrow.Scope.Syscall is null))) && Covers(wide.When, narrow.When);

    private static bool Covers(Condition wide, Condition narrow)
    {
        if (wide is AnyCall || wide.Equals(narrow))
            return true;
        return (wide, narrow) switch
        {
            (AnyOf any, _) => any.Parts.Any(p => Covers(p, narrow)),
            (_, AllOf all) => all.Parts.Any(p => Covers(wide, p)),
            (_, AnyOf any) => any.Parts.All(p => Covers(wide, p)),
            (AllOf all, _) => all.Parts.All(p => Covers(p, narrow)),
            (ByPosition w, ByPosition n) => Covers(w, n),
            (FieldTest { Test: LikeTest w } left, FieldTest { Test: LikeTest n } right) => left.Field == right.Field && Covers(w.Pattern, n.Pattern),
            _ => false,
        };
    }

    private static bool Covers(ByPosition wide, ByPosition narrow)
    {
        for (int i = 0; i < wide.Positions.Length; i++)
        {
            if (wide.Positions[i] is not { } pattern)
                continue;
            if (i >= narrow.Positions.Length || narrow.Positions[i] is not { } other || !Covers(pattern, other))
                return false;
        }

        return true;
    }

    // Every form of the narrow one must be within some form of the wide one.
    private static bool Covers(ArgumentPattern wide, ArgumentPattern narrow)
    {
        if (wide.Plain.IsEverything || wide.Written == narrow.Written)
            return true;
        return !narrow.Paths.IsEmpty && narrow.Paths.All(n => wide.Paths.Any(w => Covers(w, n)));
    }

    private static bool Covers(Glob wide, Glob narrow) =>
        narrow.Literal is { } literal ? wide.IsMatch(literal)
        : wide.IsPrefix && narrow.LiteralPrefix.StartsWith(wide.LiteralPrefix, StringComparison.Ordinal);
}
