namespace Sandgate.Core.Record;

/// <summary>Calls that ask for the same: what they are called, every argument, and what rules looked at beside. Who made them, and what came of it, doesn't count.</summary>
public sealed class SameCall : IEqualityComparer<CallEvent>
{
    /// <summary>The only one.</summary>
    public static SameCall Comparer { get; } = new();

    /// <inheritdoc/>
    public bool Equals(CallEvent? x, CallEvent? y) =>
        ReferenceEquals(x, y) || (x is not null && y is not null && x.Syscall == y.Syscall && x.Text == y.Text && x.Resolved == y.Resolved
            && AreSame(x.Views, y.Views) && AreSame(x.Facts, y.Facts));

    /// <inheritdoc/>
    public int GetHashCode(CallEvent obj) => HashCode.Combine(obj.Text, obj.Resolved, obj.Views.Count);

    internal static bool AreSame(IReadOnlyList<CallView> x, IReadOnlyList<CallView> y)
    {
        if (x.Count != y.Count)
            return false;
        for (int i = 0; i < x.Count; i++)
        {
            if (!AreSame(x[i], y[i]))
                return false;
        }

        return true;
    }

    private static bool AreSame(CallView x, CallView y)
    {
        if (x.Operation != y.Operation || x.Name != y.Name || x.Sha256 != y.Sha256 || x.Arguments.Length != y.Arguments.Length)
            return false;
        for (int i = 0; i < x.Arguments.Length; i++)
        {
            ref readonly Argument a = ref x.Arguments[i], b = ref y.Arguments[i];
            if (a.Kind != b.Kind || a.Number != b.Number || a.IsPartial != b.IsPartial)
                return false;
            if (a.Kind != ArgumentKind.Number && (a.Given != b.Given || a.Resolved != b.Resolved || a.Entry != b.Entry))
                return false;
        }

        return true;
    }

    internal static bool AreSame(CallFacts? x, CallFacts? y) =>
        x is null || y is null ? x is null && y is null
        : x.Sha256 == y.Sha256 && (x.IsLaunch == true) == (y.IsLaunch == true) && x.DescriptorRegister == y.DescriptorRegister && AreSame(x.Registers, y.Registers) && AreSame(x.Domains, y.Domains);

    private static bool AreSame<T>(IReadOnlyList<T>? x, IReadOnlyList<T>? y) => x is null || y is null ? x is null && y is null : x.SequenceEqual(y);
}
