using System.Collections;
using System.Collections.Immutable;
using System.Text;
using Sandgate.Core.Decide.Language;

namespace Sandgate.Core.Decide.NewNames;

/// <summary>
/// Whether everything that globs match below one directory they match below another, too, whatever its name.
/// The globs' automata read both beginnings and then go on together, over every kind of character.
/// </summary>
public static class GlobInclusion
{
    // More than any glob that people write needs; beyond, nothing is proven.
    private const int MostStates = 5000;

    /// <summary>True when for every text, if one of the globs matches <paramref name="from"/> followed by it, one matches <paramref name="to"/> followed by it.</summary>
    public static bool Holds(ImmutableArray<Glob> globs, string from, string to)
    {
        Automata all = new(globs);
        BitArray[] left = all.After(from), right = all.After(to);
        if (IsSubset(left, right))
            return true;
        int[] alphabet = all.Alphabet();
        HashSet<string> seen = [];
        Queue<(BitArray[] Left, BitArray[] Right)> open = new([(left, right)]);
        while (open.TryDequeue(out var pair))
        {
            if (Automata.Accepts(pair.Left) && !Automata.Accepts(pair.Right))
                return false;
            foreach (int character in alphabet)
            {
                (BitArray[] Left, BitArray[] Right) next = (all.Step(pair.Left, character), all.Step(pair.Right, character));
                if (IsSubset(next.Left, next.Right) || !seen.Add(KeyOf(next.Left, next.Right)))
                    continue;
                if (seen.Count > MostStates)
                    return false;
                open.Enqueue(next);
            }
        }

        return true;
    }

    // What the one side could still match, the other could, too. Nothing left to match is the smallest set.
    private static bool IsSubset(BitArray[] left, BitArray[] right)
    {
        for (int i = 0; i < left.Length; i++)
        {
            for (int state = 0; state < left[i].Length; state++)
            {
                if (left[i][state] && !right[i][state])
                    return false;
            }
        }

        return true;
    }

    private static string KeyOf(BitArray[] left, BitArray[] right)
    {
        StringBuilder key = new();
        foreach (BitArray states in (BitArray[])[.. left, .. right])
        {
            for (int i = 0; i < states.Length; i++)
            {
                if (states[i])
                    key.Append((char)(i + 1));
            }

            key.Append('\0');
        }

        return key.ToString();
    }

    private sealed class Automata(ImmutableArray<Glob> globs)
    {
        public BitArray[] After(string text)
        {
            BitArray[] states = [.. globs.Select(g => new BitArray(g.States))];
            for (int i = 0; i < states.Length; i++)
                globs[i].Start(states[i]);
            foreach (int character in Characters(text))
                states = Step(states, character);
            return states;
        }

        public BitArray[] Step(BitArray[] states, int character)
        {
            BitArray[] next = new BitArray[states.Length];
            for (int i = 0; i < states.Length; i++)
                globs[i].Step(states[i], character, next[i] = new(states[i].Length));
            return next;
        }

        public static bool Accepts(BitArray[] states) => states.Any(s => s[^1]);

        public int[] Alphabet()
        {
            HashSet<int> characters = [];
            foreach (Glob glob in globs)
                glob.AddCharacters(characters);

            // One that no glob names.
            int other = 'a';
            while (characters.Contains(other))
                other++;
            characters.Add(other);
            return [.. characters];
        }

        private static IEnumerable<int> Characters(string text)
        {
            for (int i = 0; i < text.Length; i++)
                yield return char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]) ? char.ConvertToUtf32(text[i], text[++i]) : text[i];
        }
    }
}
