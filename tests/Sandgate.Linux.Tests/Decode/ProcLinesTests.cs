using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Tests.Decode;

/// <summary>What programs name themselves and their files must not look like lines of the kernel's.</summary>
public sealed class ProcLinesTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    [Theory]
    [InlineData("", new string[0])]
    [InlineData("a\nb\n", new[] { "a", "b" })]
    [InlineData("a\n\nb", new[] { "a", "", "b" })]
    [InlineData("Name:\t\rCapEff:ff\r\nCapEff:\t0\n", new[] { "Name:\t\rCapEff:ff\r", "CapEff:\t0" })]
    [InlineData("x\f\v\u0085\u2028\u2029y\nz\n", new[] { "x\f\v\u0085\u2028\u2029y", "z" })]
    [InlineData("\ufeffa\n", new[] { "\ufeffa" })]
    public void A_line_ends_in_a_line_feed_only(string text, string[] lines)
    {
        File.WriteAllText(_file, text);
        Assert.Equal(lines, ProcLines.Of(_file));
    }

    [Theory]
    [InlineData(4095)]
    [InlineData(4096)]
    [InlineData(4097)]
    [InlineData(20_000)]
    public void A_line_may_be_longer_than_what_is_read_at_once(int length)
    {
        string line = new('x', length);
        File.WriteAllText(_file, $"{line}\n{line}\n\n");
        Assert.Equal([line, line, ""], ProcLines.Of(_file));
    }

    [Fact]
    public void A_status_is_read_whole_however_many_groups_there_are()
    {
        string groups = string.Join(' ', Enumerable.Range(1, 5000));
        File.WriteAllText(_file, $"Name:\tx\\n\nGroups:\t{groups}\nNSpid:\t17\t3\n");
        byte[] path = [.. System.Text.Encoding.UTF8.GetBytes(_file), 0];
        ReadOnlySpan<byte> status = ProcStatus.Read(path, stackalloc byte[ProcStatus.Room]);
        Assert.True(ProcStatus.Line(status, "\nNSpid:\t"u8).SequenceEqual("17\t3"u8));
        Assert.True(ProcStatus.Line(status, "\nNone:\t"u8).IsEmpty);
        Assert.True(ProcStatus.Read("/proc/none/status\0"u8, new byte[16]).IsEmpty);
    }

    public void Dispose() => File.Delete(_file);
}
