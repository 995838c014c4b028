using System.Security.Cryptography;
using Sandgate.Core.Decode;

namespace Sandgate.Core.Tests;

public class Sha256Tests
{
    [Fact]
    public void It_is_the_one_that_everybody_computes()
    {
        Random random = new(3);
        for (int length = 0; length < 300; length++)
        {
            byte[] bytes = new byte[length];
            random.NextBytes(bytes);
            Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(bytes)), Sha256.Of(bytes));
        }
    }

    [Fact]
    public void It_does_not_matter_in_which_pieces_the_bytes_come()
    {
        Random random = new(4);
        byte[] bytes = new byte[100_000];
        random.NextBytes(bytes);
        Sha256 hash = new();
        for (int at = 0; at < bytes.Length;)
        {
            int part = Math.Min(random.Next(0, 300), bytes.Length - at);
            hash.Append(bytes.AsSpan(at, part));
            at += part;
        }

        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(bytes)), hash.Finish());
    }
}
