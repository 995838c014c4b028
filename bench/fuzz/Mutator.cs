using System.Text;

namespace Sandgate.Bench.Fuzz;

/// <summary>Makes new inputs of known ones: small damage, pieces of others, words of the language, and repetitions.</summary>
internal sealed class Mutator(Random random, IReadOnlyList<byte[]> seeds)
{
    private const int Longest = 200_000;

    private static readonly string[] s_words =
    [
        "\"", "{", "}", "[", "]", ",", ":", "//", "/*", "*/", "\\", "\\u", "\\ud83d", "('", "')", "*", "null", "true", "1e999", "-", "\0", "\u00ff", "(?=", "{99999}", "{1000}", "((((",
        "~/", "../", "\n", " and ", " or ", " not ", "path like '", "size > ", "host in (", "10.0.0.0/8", "::1", "18446744073709551616", "0x", "K", "..", "'", "?", "…", "\\x", "\\u{10ffff}",
        "\"extends\":", "\"when\":", "\"on\":", "\"rules\":", "\"rule_table\":", "\"tests\":", "\"scripts\":", "pattern ", "script ", "(a{500}){500}", "[a-[b]]", "\\p{L}", "(?i)", "|",
    ];

    /// <summary>An input that was never seen, most likely.</summary>
    public byte[] Next()
    {
        List<byte> bytes = [.. seeds[random.Next(seeds.Count)]];
        for (int n = random.Next(1, 6); n > 0 && bytes.Count < Longest; n--)
        {
            int at = random.Next(bytes.Count + 1), length = random.Next(Math.Min(bytes.Count - at, 1 << random.Next(1, 12)) + 1);
            switch (random.Next(7))
            {
                case 0 when at < bytes.Count: bytes[at] = (byte)random.Next(256); break;
                case 1: bytes.RemoveRange(at, length); break;
                case 2: bytes.InsertRange(random.Next(bytes.Count + 1), bytes.GetRange(at, length)); break;
                case 3: Repeat(bytes, at, bytes.GetRange(at, Math.Min(length, 40))); break;
                case 4: Repeat(bytes, at, [.. Encoding.UTF8.GetBytes(Word())]); break;
                case 5: Splice(bytes, at); break;
                default: bytes.InsertRange(at, Encoding.UTF8.GetBytes(Word())); break;
            }
        }

        return [.. bytes];
    }

    private string Word() => s_words[random.Next(s_words.Length)];

    // Costs that grow faster than the input show only when it is long.
    private void Repeat(List<byte> bytes, int at, List<byte> piece)
    {
        int times = Math.Min(1 << random.Next(1, 15), Longest / Math.Max(1, piece.Count));
        List<byte> repeated = new(times * piece.Count);
        for (int i = 0; i < times; i++)
            repeated.AddRange(piece);
        bytes.InsertRange(at, repeated);
    }

    private void Splice(List<byte> bytes, int at)
    {
        byte[] other = seeds[random.Next(seeds.Count)];
        int start = random.Next(other.Length + 1);
        bytes.InsertRange(at, other.AsSpan(start, random.Next(other.Length - start + 1)).ToArray());
    }
}
