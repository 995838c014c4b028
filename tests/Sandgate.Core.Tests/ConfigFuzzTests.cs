using System.Text;
using Sandgate.Core.Decide.Language;

namespace Sandgate.Core.Tests;

public class ConfigFuzzTests
{
    private const string Rich =
        """
        { "evaluation": "last-match", "default": "not_allow", "floor": { "io_uring": false }, // c
          "rules": { "exec": { "('/bin/sh', '-c', '[a-z]*\\\\'')": { "action": "deny", "errno": 13, "name": "ä" },
            "/(a|b)+[^c]\\.d{2,3}/i": "log" }, "syscall:brk": { "*": "allow" }, "*": { "'x',.*": "deny" } } }
        """;

    private static readonly string[] s_words =
        ["\"", "{", "}", "[", "]", ",", ":", "//", "/*", "*/", "\\", "\\u", "\\ud83d", "('", "')", "*", "null", "1e999", "-", "\0", "\xff", "é", "(?=", "{99999}", "((((", "~/", "../", "\n"];

    [Fact]
    public void No_input_brings_the_reader_down()
    {
        byte[][] seeds = [File.ReadAllBytes(Cases.PathOf("seed.jsonc")), Encoding.UTF8.GetBytes(Rich)];
        Random random = new(20260730);
        int loaded = 0;
        for (int i = 0; i < 6000; i++)
        {
            byte[] config = Mutate(seeds[i % seeds.Length], random);
            try
            {
                ConfigReader.Read("c", config, World.Context);
                loaded++;
            }
            catch (ConfigException e)
            {
                Assert.NotEmpty(e.Problems);
                Assert.All(e.Problems, p => Assert.False(p.ToString().AsSpan().ContainsAnyInRange('\0', '\x1f')));
            }
        }

        Assert.InRange(loaded, 1, 5999);
    }

    private static byte[] Mutate(byte[] seed, Random random)
    {
        List<byte> bytes = [.. seed];
        for (int n = random.Next(1, 5); n > 0; n--)
        {
            int at = random.Next(bytes.Count), length = Math.Min(random.Next(1, 12), bytes.Count - at);
            switch (random.Next(5))
            {
                case 0: bytes[at] = (byte)random.Next(256); break;
                case 1: bytes.RemoveRange(at, length); break;
                case 2: bytes.InsertRange(random.Next(bytes.Count), bytes.GetRange(at, length)); break;
                case 3: bytes.InsertRange(at, Encoding.Latin1.GetBytes(s_words[random.Next(s_words.Length)])); break;
                default: bytes.InsertRange(at, Encoding.UTF8.GetBytes(s_words[random.Next(s_words.Length)])); break;
            }

            if (bytes.Count < 2)
                break;
        }

        return [.. bytes];
    }
}
