namespace Sandgate.Core.Decide.Index;

/// <summary>Lists of rules by a number (a run of characters, or a text's hash). Most numbers that are looked up are not there.</summary>
internal sealed class NumberTable
{
    // A bitmap that fits into the processor's nearest cache says so for nearly all of them.
    private const int MostFilterBits = 18;

    private readonly List<(ulong Number, int Rule)> _added = [];
    private ulong[] _filter = [], _numbers = [];
    private int[] _heads = [], _next = [], _rules = [];
    private int _filterShift, _shift;

    /// <summary>True when it has no rule.</summary>
    public bool IsEmpty => _rules.Length == 0;

    /// <summary>Adds a rule to a number's list. Only before <see cref="Finish"/>.</summary>
    public void Add(ulong number, int rule) => _added.Add((number, rule));

    /// <summary>Makes the table of what was added.</summary>
    public void Finish()
    {
        if (_added.Count == 0)
            return;
        int bits = 6;
        while (1 << bits < _added.Count * 2)
            bits++;
        int filterBits = Math.Min(bits + 3, MostFilterBits);
        (_shift, _filterShift) = (64 - bits, 64 - filterBits);
        (_numbers, _heads, _filter) = (new ulong[1 << bits], new int[1 << bits], new ulong[1 << (filterBits - 6)]);
        (_next, _rules) = (new int[_added.Count], new int[_added.Count]);
        for (int i = 0; i < _added.Count; i++)
        {
            (ulong number, int rule) = _added[i];
            int slot = SlotOf(number), bit = (int)(Grams.Hash(number) >> _filterShift);
            _filter[bit >> 6] |= 1UL << bit;
            (_rules[i], _next[i]) = (rule, _heads[slot] - 1);
            (_numbers[slot], _heads[slot]) = (number, i + 1);
        }

        _added.Clear();
        _added.TrimExcess();
    }

    /// <summary>Adds the rules of a number to those found.</summary>
    public void Find(ulong number, ref FoundRules found)
    {
        ulong hash = Grams.Hash(number);
        int bit = (int)(hash >> _filterShift);
        if ((_filter[bit >> 6] >> bit & 1) == 0)
            return;
        for (int at = _heads[SlotOf(number)] - 1; at >= 0 && !found.IsEverything; at = _next[at])
            found.Add(_rules[at]);
    }

    private int SlotOf(ulong number)
    {
        int slot = (int)(Grams.Hash(number) >> _shift);
        while (_heads[slot] != 0 && _numbers[slot] != number)
            slot = (slot + 1) & (_heads.Length - 1);
        return slot;
    }
}
