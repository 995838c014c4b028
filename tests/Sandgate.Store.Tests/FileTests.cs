using Sandgate.Core.Record;

namespace Sandgate.Store.Tests;

public class FileTests
{
    [Theory]
    [InlineData("x.db")]
    [InlineData("x.jsonl")]
    public void A_record_that_is_too_long_goes_on_in_a_new_file_and_the_oldest_goes(string name)
    {
        using Made made = new();
        using (IEventSink sink = made.Create(name, new(1 << 20, Keep: 2)))
            Made.Write(sink, [Made.Start(), .. Enumerable.Range(0, 60_000).Select(i => Made.Call($"/{i}"))], batch: 500);

        string[] files = [.. new DirectoryInfo(made.Directory).GetFiles().Select(f => f.Name).Order(StringComparer.Ordinal)];

        Assert.Equal([name.Replace("x.", "x.1.", StringComparison.Ordinal), name.Replace("x.", "x.2.", StringComparison.Ordinal), name], files);
        List<string> texts = [];
        foreach (string file in (string[])[files[1], files[0], files[2]])
        {
            RecordedEvent[] read = made.Read(file);
            Assert.IsType<SessionStart>(read[0]);
            Assert.InRange(new FileInfo(made.PathOf(file)).Length, 1, 3 << 20);
            texts.AddRange(read.OfType<CallEvent>().Select(c => c.Text));
        }

        // What is left is the end of the session, without a gap.
        Assert.Equal(Enumerable.Range(60_000 - texts.Count, texts.Count).Select(i => $"open('/{i}', 'rw')"), texts);
    }

    [Fact]
    public void The_end_of_a_session_begins_no_new_file()
    {
        using Made made = new();
        using (IEventSink sink = made.Create("x.jsonl", new(1 << 20, Keep: 2)))
        {
            Made.Write(sink, [Made.Start(), .. Enumerable.Range(0, 1000).Select(i => Made.Call($"/{i}"))], batch: 5000);
            Made.Write(sink, [.. Enumerable.Range(0, 200).Select(i => Made.Call($"/{i}/{new string('x', 3000)}")), Made.Others[^1]], batch: 5000);
        }

        Assert.IsType<SessionEnded>(made.Read("x.jsonl")[^1]);
    }

    [Fact]
    public void A_record_cut_short_in_its_last_line_is_read_up_to_there_but_not_past_a_bad_line()
    {
        using Made made = new();
        using (IEventSink sink = made.Create("x.jsonl"))
            Made.Write(sink, [Made.Start(), Made.Call("/a"), Made.Call("/b")]);
        string[] lines = File.ReadAllLines(made.PathOf("x.jsonl"));
        File.WriteAllText(made.PathOf("cut.jsonl"), $"{lines[0]}\n{lines[1]}\n{lines[2][..40]}");
        File.WriteAllText(made.PathOf("bad.jsonl"), $"{lines[0]}\n{lines[1][..40]}\n{lines[2]}\n");

        Assert.Equal(2, made.Read("cut.jsonl").Length);
        Assert.StartsWith("line 2: ", Assert.Throws<FormatException>(() => made.Read("bad.jsonl")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("x.txt", "ends in .db")]
    [InlineData("no/such/directory/x.db", "")]
    public void What_can_t_be_a_record_is_refused(string name, string why)
    {
        using Made made = new();
        Assert.Contains(why, Assert.ThrowsAny<IOException>(() => made.Create(name)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_program_s_database_is_neither_written_nor_read()
    {
        using Made made = new();
        using (Database other = new(made.PathOf("other.db"), write: true))
            other.Run("CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1);");
        byte[] before = File.ReadAllBytes(made.PathOf("other.db"));

        Assert.Contains("no record of Sandgate", Assert.Throws<IOException>(() => made.Create("other.db")).Message, StringComparison.Ordinal);
        Assert.Contains("no record of Sandgate", Assert.Throws<IOException>(() => made.Read("other.db")).Message, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllBytes(made.PathOf("other.db")));
    }

    [Fact]
    public void A_newer_format_is_refused_in_words()
    {
        using Made made = new();
        made.Create("x.db").Dispose();
        using (Database newer = new(made.PathOf("x.db"), write: true))
            newer.Run("PRAGMA user_version = 99");

        Assert.Contains("newer Sandgate", Assert.Throws<IOException>(() => made.Read("x.db")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("hello\n")]
    public void A_file_that_is_no_record_is_refused(string text)
    {
        using Made made = new();
        File.WriteAllText(made.PathOf("x"), text);

        Assert.Contains("no record of Sandgate", Assert.Throws<IOException>(() => made.Read("x")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Damage_in_a_database_is_an_error_and_no_crash()
    {
        using Made made = new();
        using (IEventSink sink = made.Create("x.db"))
            Made.Write(sink, [Made.Start(), .. Enumerable.Range(0, 2000).Select(i => Made.Call($"/{i}"))], batch: 500);
        byte[] whole = File.ReadAllBytes(made.PathOf("x.db"));
        Random random = new(7);
        for (int i = 0; i < 100; i++)
        {
            byte[] damaged = [.. whole];
            for (int n = 0; n < 200; n++)
                damaged[random.Next(100, damaged.Length)] = (byte)random.Next(256);
            File.WriteAllBytes(made.PathOf("damaged.db"), damaged);
            try
            {
                made.Read("damaged.db");
            }
            catch (Exception clean) when (clean is IOException or FormatException)
            {
            }
        }
    }
}
