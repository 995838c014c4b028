namespace Sandgate.Core.Decide.Index;

/// <summary>The numbers of the rules that an index found, each perhaps several times, until there are more than it pays to sort.</summary>
internal ref struct FoundRules
{
    private readonly int _most;
    private Span<int> _rules;
    private int _count;

    /// <summary>Makes room.</summary>
    /// <param name="room">Room for the usual few.</param>
    /// <param name="most">How many rules there are.</param>
    public FoundRules(Span<int> room, int most)
    {
        _rules = room;
        _most = most;
    }

    /// <summary>True when so much was found that asking every rule is cheaper.</summary>
    public bool IsEverything { get; private set; }

    /// <summary>Adds a rule.</summary>
    public void Add(int rule)
    {
        if (_count == _rules.Length)
            MakeRoom();
        if (!IsEverything)
            _rules[_count++] = rule;
    }

    // A hostile text repeats what it contains: the work is bounded by what asking every rule would be.
    private void MakeRoom()
    {
        if (_count >= _most)
        {
            IsEverything = true;
            return;
        }

        int[] larger = new int[Math.Min(_count * 4, _most)];
        _rules.CopyTo(larger);
        _rules = larger;
    }

    /// <summary>Gives up: every rule is to be asked.</summary>
    public void AddEverything() => IsEverything = true;

    /// <summary>What was found, each once, in the order of the file.</summary>
    public readonly ReadOnlySpan<int> InOrder()
    {
        Span<int> rules = _rules[.._count];
        if (rules.Length < 2)
            return rules;
        rules.Sort();
        int kept = 1;
        for (int i = 1; i < rules.Length; i++)
        {
            if (rules[i] != rules[kept - 1])
                rules[kept++] = rules[i];
        }

        return rules[..kept];
    }
}
