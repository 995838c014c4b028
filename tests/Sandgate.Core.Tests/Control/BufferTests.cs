using System.Text;
using Sandgate.Core.Control;

namespace Sandgate.Core.Tests.Control;

public class BufferTests
{
    [Fact]
    public void Lines_are_whole_however_they_come()
    {
        string text = "first\r\n\n  \nsecond" + new string('x', 70_000 - 10_000) + "\nthird\nhalf";
        for (int piece = 1; piece < 100_000; piece = (piece * 3) + 1)
        {
            LineBuffer buffer = new();
            List<string> lines = [];
            byte[] bytes = Encoding.UTF8.GetBytes(text);
            for (int at = 0; at < bytes.Length; at += piece)
                Assert.True(buffer.Take(bytes.AsSpan(at, Math.Min(piece, bytes.Length - at)), line => lines.Add(Encoding.UTF8.GetString(line.Span))));
            Assert.Equal(["first\r", "second" + new string('x', 60_000), "third"], lines);
        }
    }

    [Fact]
    public void A_line_without_an_end_is_held_up_to_its_limit()
    {
        LineBuffer buffer = new();
        Assert.True(buffer.Take(new byte[ControlRequest.LongestLine], _ => Assert.Fail("no line")));
        Assert.False(buffer.Take("x"u8, _ => Assert.Fail("no line")));
    }

    [Fact]
    public void News_that_find_no_room_are_counted_and_told_and_answers_are_never_dropped()
    {
        Outbox box = new();
        byte[] line = new byte[1000];
        for (int i = 0; i < 2000; i++)
            box.Tell(line);
        Assert.True(box.Reply("answer"u8.ToArray()));
        int kept = 0;
        byte[]? last = null;
        while (box.Next() is { } next)
            (kept, last) = (kept + 1, next);
        Assert.Equal((Outbox.Room / 1000) + 1, kept);
        Assert.Equal("answer"u8.ToArray(), last);
        Assert.True(box.Tell("news"u8.ToArray()));
        Assert.Equal($"{{\"event\":\"dropped\",\"count\":{2000 - (kept - 1)}}}\n", Encoding.UTF8.GetString(box.Next()!));
        Assert.Equal("news"u8.ToArray(), box.Next());
        Assert.False(box.HasLines);
    }

    [Fact]
    public void Who_asks_without_reading_is_given_up()
    {
        Outbox box = new();
        int taken = 0;
        while (box.Reply(new byte[64 * 1024]))
            taken++;
        Assert.InRange(taken, 16, 256);
    }
}
