using System.Text;
using Sandgate.Core.Record;

namespace Sandgate.Core.Tests.Record;

/// <summary>What is written down is what is read, and what somebody else wrote does no harm.</summary>
public class EventJsonTests
{
    [Fact]
    public void Every_event_reads_back_as_it_was()
    {
        RandomEvents random = new(1);
        for (int i = 0; i < 20_000; i++)
        {
            RecordedEvent written = random.Next();
            byte[] line = RandomEvents.LineOf(written);
            RecordedEvent read = EventJsonReader.Read(line);
            Assert.True(line.AsSpan().SequenceEqual(RandomEvents.LineOf(read)), Encoding.UTF8.GetString(line));
            if (written is CallEvent call)
            {
                Assert.True(SameCall.Comparer.Equals(call, (CallEvent)read), Encoding.UTF8.GetString(line));
                Assert.Equal(call with { Views = [], Facts = null }, (CallEvent)read with { Views = [], Facts = null });
            }
            else if (written is not SessionStart)
                Assert.Equal(written, read);
        }
    }

    [Fact]
    public void Damaged_lines_are_refused_in_words()
    {
        Random random = new(2);
        RandomEvents events = new(3);
        int refused = 0;
        for (int i = 0; i < 50_000; i++)
        {
            byte[] line = Damage(RandomEvents.LineOf(events.Next()), random);
            RecordedEvent read;
            try
            {
                read = EventJsonReader.Read(line);
            }
            catch (FormatException bad)
            {
                refused++;
                Assert.StartsWith("no ", bad.Message, StringComparison.Ordinal);
                continue;
            }

            // What is still an event can be shown and judged.
            Assert.DoesNotContain('\e', EventLines.Of(read, colour: false));
            EventCsv.Append(new StringBuilder(), read);
            if (read is CallEvent call)
                Assert.NotNull(RecordedCall.Of(call));
        }

        Assert.InRange(refused, 1000, 49_000);
    }

    [Fact]
    public void Lines_of_a_record_read_as_they_do_alone()
    {
        Random random = new(8);
        RandomEvents events = new(9);
        EventLineReader reader = new();
        int read = 0;
        for (int i = 0; i < 40_000; i++)
        {
            byte[] line = RandomEvents.LineOf(events.Next());
            if (i % 2 == 1)
                line = Damage(line, random);
            string? alone = Outcome(() => EventJsonReader.Read(line)), among = Outcome(() => reader.Read(line));
            Assert.True(alone == among, $"{Encoding.UTF8.GetString(line)}\n{alone}\n{among}");

            // A second time, from what was remembered.
            Assert.Equal(alone, Outcome(() => reader.Read(line)));
            read += alone is null ? 0 : 1;
        }

        Assert.InRange(read, 20_000, 39_000);
    }

    private static string? Outcome(Func<RecordedEvent> read)
    {
        try
        {
            return Encoding.UTF8.GetString(RandomEvents.LineOf(read()));
        }
        catch (FormatException)
        {
            return null;
        }
    }

    [Theory]
    [InlineData("""{"event":"call","time":"2026-11-22T10:00:00Z"}""")]
    [InlineData("""{"event":"what","time":"2026-11-22T10:00:00Z"}""")]
    [InlineData("""{"event":"end","time":"yesterday","status":0,"calls":1,"dropped":0}""")]
    [InlineData("""{"event":"dropped","time":"2026-11-22T10:00:00Z","count":1e99}""")]
    [InlineData("""[]""")]
    [InlineData("""null""")]
    [InlineData("""{"event":"message","time":"2026-11-22T10:00:00Z","pid":1,"comm":"\ud800","said":""}""")]
    [InlineData("""{"event":"exit","time":"2026-11-22T10:00:00Z","pid":1,"cpu_seconds":1e300}""")]
    public void What_is_no_event_is_said(string line) => Assert.Throws<FormatException>(() => EventJsonReader.Read(Encoding.UTF8.GetBytes(line)));

    [Fact]
    public void Registers_that_are_none_are_refused()
    {
        CallEvent call = new RandomEvents(4).Call(DateTimeOffset.UnixEpoch) with { Facts = new() { Registers = [1, 2, 3, 4, 5, 6], DescriptorRegister = 2 } };
        string line = Encoding.UTF8.GetString(RandomEvents.LineOf(call));
        Assert.Equal(2, ((CallEvent)EventJsonReader.Read(Encoding.UTF8.GetBytes(line))).Facts!.DescriptorRegister);
        Assert.Throws<FormatException>(() => EventJsonReader.Read(Encoding.UTF8.GetBytes(line.Replace("\"fd_register\":2", "\"fd_register\":6", StringComparison.Ordinal))));
        Assert.Throws<FormatException>(() => EventJsonReader.Read(Encoding.UTF8.GetBytes(line.Replace("[1,2,3,4,5,6]", "[1,2]", StringComparison.Ordinal))));
    }

    private static byte[] Damage(byte[] line, Random random)
    {
        byte[] junk = [(byte)'"', (byte)'{', (byte)'}', (byte)'[', (byte)',', (byte)'0', (byte)'-', (byte)'\\', 0xff, 0, (byte)'e', (byte)':'];
        List<byte> damaged = [.. line];
        for (int i = random.Next(1, 4); i > 0 && damaged.Count > 0; i--)
        {
            int at = random.Next(damaged.Count);
            switch (random.Next(4))
            {
                case 0: damaged[at] = junk[random.Next(junk.Length)]; break;
                case 1: damaged.Insert(at, junk[random.Next(junk.Length)]); break;
                case 2: damaged.RemoveRange(at, Math.Min(random.Next(1, 20), damaged.Count - at)); break;
                default: damaged[at] = (byte)random.Next(256); break;
            }
        }

        return [.. damaged];
    }
}
