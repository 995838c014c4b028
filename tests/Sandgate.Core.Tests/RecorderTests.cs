using Sandgate.Core.Decide;
using Sandgate.Core.Record;
using Sandgate.Core.Trap;

namespace Sandgate.Core.Tests;

public class RecorderTests
{
    private sealed class Kept(Action? slow = null) : IEventSink
    {
        private volatile bool _sawGap;

        public List<RecordedEvent> Events { get; } = [];

        public bool SawGap => _sawGap;

        public int Batches { get; private set; }

        public bool Wants(bool allowed, bool logged) => true;

        public bool WantsDetails => true;

        public void Write(RecordedEvent written)
        {
            slow?.Invoke();
            Events.Add(written);
            _sawGap |= written is EventsDropped;
        }

        public void Flush() => Batches++;

        public void Dispose()
        {
        }
    }

    private static CallEvent Call(int thread) => new()
    {
        Time = DateTimeOffset.UnixEpoch,
        Caller = new() { ProcessId = 1, Name = "x" },
        ThreadId = thread,
        Syscall = "openat",
        Text = "open('/x', 'r')",
        Verdict = Verdict.AllowByDefault,
        Binding = Binding.Register,
        Outcome = Outcome.Continued,
    };

    [Fact]
    public void Under_block_nothing_is_lost_and_everything_is_in_order()
    {
        const int Each = 30_000, Threads = 4;
        Kept kept = new();
        using (Recorder recorder = new([kept], failure => Assert.Fail(failure.Message)))
        {
            Parallel.For(0, Threads, thread =>
            {
                for (int i = 0; i < Each; i++)
                    recorder.Record(Call(thread), told: 0);
            });
            Assert.Equal((Each * Threads, 0), recorder.Counts);
        }

        Assert.Equal(Each * Threads, kept.Events.Count);
        Assert.Equal(Enumerable.Range(1, Each * Threads).Select(n => (long)n), kept.Events.Select(e => e.Number));
        Assert.True(kept.Batches > 1);
    }

    [Fact]
    public void Under_drop_the_writer_never_waits_and_what_is_lost_is_counted_where_it_was_lost()
    {
        const int Count = 60_000;
        using ManualResetEventSlim goOn = new();
        Kept kept = new(goOn.Wait);
        using (Recorder recorder = new([kept], failure => Assert.Fail(failure.Message), Pressure.Drop))
        {
            for (int i = 0; i < Count; i++)
                recorder.Record(Call(i), told: 0);
            goOn.Set();
            (long calls, long dropped) = recorder.Counts;
            Assert.Equal(Count, calls);
            Assert.InRange(dropped, 1, Count);
            Assert.True(SpinWait.SpinUntil(
                () =>
                {
                    recorder.Record(Call(Count), told: 0);
                    return kept.SawGap;
                }, TimeSpan.FromSeconds(20)));
            recorder.Record(new SessionEnded { Time = default, Status = 0, Calls = 0, Dropped = 0 });
        }

        EventsDropped[] gaps = [.. kept.Events.OfType<EventsDropped>()];
        Assert.NotEmpty(gaps);
        int at = kept.Events.IndexOf(gaps[0]);
        int before = ((CallEvent)kept.Events[at - 1]).ThreadId, after = ((CallEvent)kept.Events[at + 1]).ThreadId;
        Assert.True(after == Count || after - before - 1 == gaps[0].Count, $"{before} {gaps[0].Count} {after}");
        Assert.IsType<SessionEnded>(kept.Events[^1]);
        Assert.Equal(Enumerable.Range(1, kept.Events.Count).Select(n => (long)n), kept.Events.Select(e => e.Number));
    }

    [Fact]
    public void A_sink_that_fails_is_told_of_once_and_the_others_go_on()
    {
        int failures = 0;
        Kept good = new(), bad = new(() => throw new IOException("full"));
        using (Recorder recorder = new([bad, good], _ => failures++))
        {
            for (int i = 0; i < 10; i++)
                recorder.Record(Call(i), told: 0);
        }

        Assert.Equal(1, failures);
        Assert.Equal(10, good.Events.Count);
        Assert.Empty(bad.Events);
    }
}
