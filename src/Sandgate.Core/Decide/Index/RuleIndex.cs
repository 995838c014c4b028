using Sandgate.Core.Decode;

namespace Sandgate.Core.Decide.Index;

/// <summary>
/// Finds the rules that could match a call by what its texts contain, so that deciding doesn't take longer the
/// more rules there are. It leaves out only rules whose condition is certain to be false.
/// </summary>
internal sealed class RuleIndex
{
    // One beside the other: a position, and the keys over the argument there.
    private readonly List<int> _positions = [];
    private readonly List<KeyTable> _tables = [];
    private readonly OperationInfo? _operation;
    private readonly int[] _always, _streams;

    /// <summary>Indexes rules.</summary>
    /// <param name="rules">The rules, in the order in which they are asked.</param>
    /// <param name="operation">The family whose calls they are asked about; null for the kernel's own view.</param>
    public RuleIndex(ReadOnlySpan<Rule> rules, OperationInfo? operation)
    {
        _operation = operation;
        List<int> always = [], streams = [];
        List<Key[]>[] sets = new List<Key[]>[rules.Length];
        GramCounts counts = new();
        for (int i = 0; i < rules.Length; i++)
        {
            rules[i].When.AddKeys(operation, sets[i] = []);
            foreach (Key[] set in sets[i])
            {
                foreach (Key key in set)
                    counts.Add(key);
            }

            if (rules[i].When.MayNameStream)
                streams.Add(i);
        }

        for (int i = 0; i < rules.Length; i++)
        {
            if (KeyChoice.Best(sets[i], counts) is not { } keys)
                always.Add(i);
            else
                Add(keys, counts, i);
        }

        foreach (KeyTable table in _tables)
            table.Finish();
        (_always, _streams) = ([.. always], [.. streams]);
    }

    private void Add(Key[] keys, GramCounts counts, int rule)
    {
        foreach (Key key in keys)
        {
            int at = _positions.IndexOf(key.Position);
            if (at < 0)
            {
                at = _positions.Count;
                _positions.Add(key.Position);
                _tables.Add(new());
            }

            _tables[at].Add(key, counts, rule);
        }
    }

    /// <summary>The rules, by number and in order, that are asked whatever a call says.</summary>
    public ReadOnlySpan<int> Always => _always;

    /// <summary>The rules that are asked when the first argument is a standard stream; no other can match one.</summary>
    public ReadOnlySpan<int> Streams => _streams;

    /// <summary>Finds the other rules that could match.</summary>
    public void Find(CallView view, ref FoundRules found)
    {
        for (int at = 0; at < _positions.Count; at++)
        {
            (int position, KeyTable table) = (_positions[at], _tables[at]);
            if (position == Key.WholeCall)
                FindInText(view, table, ref found);
            else if (position < view.Arguments.Length)
                FindInArgument(in view.Arguments[position], table, _operation?.KindAt(position), ref found);
            else if (view.Arguments is [.., { Kind: ArgumentKind.Unreadable }])
                found.AddEverything();
            if (found.IsEverything)
                return;
        }
    }

    private static void FindInArgument(in Argument argument, KeyTable table, ArgumentKind? expected, ref FoundRules found)
    {
        bool known = argument.Kind switch
        {
            ArgumentKind.Path or ArgumentKind.Descriptor => argument.Resolved is not null,
            ArgumentKind.Text or ArgumentKind.Word or ArgumentKind.Number or ArgumentKind.Data =>
                !argument.IsPartial && argument.Given is not null && expected is not (ArgumentKind.Path or ArgumentKind.Descriptor),
            _ => false,
        };
        if (!known)
        {
            found.AddEverything();
            return;
        }

        string given = argument.Given!;
        table.Find(given, ref found);
        if (argument.Kind != ArgumentKind.Path)
            return;
        if (argument.Resolved != given)
            table.Find(argument.Resolved, ref found);
        if (argument.Entry is { } entry)
            table.Find(entry, ref found);
    }

    private static void FindInText(CallView view, KeyTable table, ref FoundRules found)
    {
        bool otherForms = false;
        foreach (ref readonly Argument argument in view.Arguments.AsSpan())
        {
            otherForms |= argument.Kind == ArgumentKind.Path && (argument.Entry is not null || argument.Given != argument.Resolved);
            if (argument.IsPartial || argument.Resolved is null || argument.Kind is ArgumentKind.Unreadable or ArgumentKind.Address)
            {
                found.AddEverything();
                return;
            }
        }

        table.Find(CallText.Render(view, PathForm.Resolved), ref found);
        if (otherForms)
        {
            table.Find(CallText.Render(view, PathForm.Given), ref found);
            table.Find(CallText.Render(view, PathForm.Entry), ref found);
        }
    }
}
