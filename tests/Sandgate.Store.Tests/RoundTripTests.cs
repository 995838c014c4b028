using FsCheck;
using FsCheck.Fluent;
using Sandgate.Core;
using Sandgate.Core.Decode;
using Sandgate.Core.Record;

namespace Sandgate.Store.Tests;

public class RoundTripTests
{
    [Theory]
    [InlineData("x.db")]
    [InlineData("x.jsonl")]
    public void Every_kind_of_event_comes_back_as_it_was(string name)
    {
        using Made made = new();
        RecordedEvent[] events = [Made.Start(), Made.Call("/a"), .. Made.Others[..3], Made.Call("/a"), Made.Call("/b", Made.Caller(9)), .. Made.Others[3..]];
        using (IEventSink sink = made.Create(name))
            Made.Write(sink, events);

        RecordedEvent[] read = made.Read(name);

        Assert.Equal(events.Select(Made.Text), read.Select(Made.Text));
    }

    [Theory]
    [InlineData("x.db")]
    [InlineData("x.jsonl")]
    public void Names_that_no_text_can_hold_come_back_as_they_were(string name)
    {
        using Made made = new();
        Gen<string> texts = Gen.Elements("/", "a", "\uDC80", "\uDCFF", "\uFFFE", "\0", "\u2028", "'", "\"", "\\", "\n", "\e[31m", "<script>", "😀", "FF", "--").ListOf().Select(parts => string.Concat(parts));
        string[] hostile = [.. texts.Sample(300)];
        CallEvent[] calls = [.. hostile.Select(text => Made.Call(
            [new(Operation.Exec, "exec", [Argument.FromPath(text, text, text), Argument.FromText(text), Argument.FromData(text, partial: true, 99), Argument.Unreadable, Argument.FromStdio("stdin"), Argument.FromUnknownAddress(text), Argument.FromDescriptor(text)])],
            Made.Caller(3) with { Name = text, CommandLine = text, Executable = text, WorkingDirectory = text }))];
        using (IEventSink sink = made.Create(name))
            Made.Write(sink, [Made.Start(), .. calls], batch: 50);

        CallEvent[] read = [.. made.Read(name).OfType<CallEvent>()];

        Assert.Equal(calls.Length, read.Length);
        for (int i = 0; i < calls.Length; i++)
        {
            Assert.True(SameCall.Comparer.Equals(calls[i], read[i]), hostile[i]);
            Assert.Equal(calls[i].Caller, read[i].Caller);
        }
    }

    [Fact]
    public void Sessions_are_added_to_a_database_one_after_the_other()
    {
        using Made made = new();
        foreach (string session in (string[])["first", "second"])
        {
            using IEventSink sink = made.Create("x.db");
            Made.Write(sink, [Made.Start(session), Made.Call("/" + session)]);
        }

        RecordedEvent[] read = made.Read("x.db");

        Assert.Equal(["first", "second"], read.OfType<SessionStart>().Select(s => s.Session));
        Assert.Equal(["open('/first', 'rw')", "open('/second', 'rw')"], read.OfType<CallEvent>().Select(c => c.Text));
        Assert.Equal([typeof(SessionStart), typeof(CallEvent), typeof(SessionStart), typeof(CallEvent)], read.Select(r => r.GetType()));
    }

    [Fact]
    public void A_record_can_be_read_while_it_is_written()
    {
        using Made made = new();
        using IEventSink sink = made.Create("x.db");
        Made.Write(sink, [Made.Start(), Made.Call("/a")]);
        sink.Write(Made.Call("/not/yet/handed/over"));

        Assert.Equal(["open('/a', 'rw')"], made.Read("x.db").OfType<CallEvent>().Select(c => c.Text));
    }

    [Fact]
    public void More_different_calls_than_are_remembered_all_come_back()
    {
        using Made made = new();
        const int Count = 40_000;
        using (IEventSink sink = made.Create("x.db"))
            Made.Write(sink, [Made.Start(), .. Enumerable.Range(0, Count).Select(i => Made.Call($"/{i % 20_000}"))], batch: 4096);

        Assert.Equal(Enumerable.Range(0, Count).Select(i => $"open('/{i % 20_000}', 'rw')"), made.Read("x.db").OfType<CallEvent>().Select(c => c.Text));
    }
}
