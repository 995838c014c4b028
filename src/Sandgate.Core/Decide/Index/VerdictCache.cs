using Sandgate.Core.Decode;

namespace Sandgate.Core.Decide.Index;

/// <summary>
/// Verdicts on views that were seen before, for rules that look at nothing else. It is bounded: one verdict for each
/// slot, none for long texts. Entries never change, so that threads need no lock.
/// </summary>
internal sealed class VerdictCache
{
    private const int Size = 1024, LongestKey = 512;

    private readonly Entry?[] _entries = new Entry?[Size];

    private sealed record Entry(CallView View, Verdict Verdict);

    /// <summary>Where a view's verdict is kept; -1 when its texts are too long.</summary>
    public static int SlotOf(CallView view)
    {
        int length = 0;
        uint hash = (uint)view.Operation;
        foreach (ref readonly Argument argument in view.Arguments.AsSpan())
        {
            hash = (hash * 31) + (uint)argument.Kind + (uint)argument.Number;
            if (argument.Kind is ArgumentKind.Number or ArgumentKind.Unreadable)
                continue;
            hash = (hash * 31) + HashOf(argument.Given, ref length);
            length += argument.Entry?.Length ?? 0;
            if (argument.Kind == ArgumentKind.Path && argument.Resolved != argument.Given)
                hash = (hash * 31) + HashOf(argument.Resolved, ref length);
        }

        return length > LongestKey ? -1 : (int)(Grams.Hash(hash) >> 54);
    }

    private static uint HashOf(string? text, ref int length)
    {
        length += text?.Length ?? 0;
        return length > LongestKey || text is null ? 0 : (uint)text.GetHashCode(StringComparison.Ordinal);
    }

    /// <summary>The verdict on an equal view; false when none is known.</summary>
    public bool TryFind(int slot, CallView view, out Verdict verdict)
    {
        Entry? entry = _entries[slot];
        bool found = entry is not null && IsSame(entry.View, view);
        verdict = found ? entry!.Verdict : default;
        return found;
    }

    /// <summary>Keeps a verdict, in the place of the slot's last one.</summary>
    public void Remember(int slot, CallView view, Verdict verdict) =>
        _entries[slot] = new(view with { Arguments = view.Arguments.AsSpan().ToArray() }, verdict);

    private static bool IsSame(CallView a, CallView b)
    {
        if (a.Operation != b.Operation || a.Name != b.Name || a.Arguments.Length != b.Arguments.Length)
            return false;
        for (int i = 0; i < a.Arguments.Length; i++)
        {
            if (!IsSame(in a.Arguments[i], in b.Arguments[i]))
                return false;
        }

        return true;
    }

    // The text of a number is made of it.
    private static bool IsSame(in Argument a, in Argument b) =>
        a.Kind == b.Kind && a.Number == b.Number && a.IsPartial == b.IsPartial && a.Entry == b.Entry
        && (a.Kind == ArgumentKind.Number || (a.Given == b.Given && (a.Kind != ArgumentKind.Path || a.Resolved == b.Resolved)));
}
