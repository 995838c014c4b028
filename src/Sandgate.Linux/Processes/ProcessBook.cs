using Sandgate.Core.Decode;
using Sandgate.Core.Record;
using Sandgate.Linux.Decode;

namespace Sandgate.Linux.Processes;

/// <summary>
/// Knows the processes of the tree, for a record: who makes calls, who began, became another program, and ended. A process is
/// known from its first stopped call on; its end is told by its descriptor (pidfd_open(2)), so that no stop is needed for it.
/// </summary>
internal sealed class ProcessBook : IProcessNames, IDisposable
{
    // To read who somebody is takes longer than most calls; so much later it is read again.
    private const long Fresh = 50;
    private const int MostThreads = 16_384;

    private readonly Action<RecordedEvent> _record;
    private readonly TimeProvider _clock;
    private readonly ProcessEnds _ends;
    private readonly Lock _reading = new();
    private readonly Dictionary<int, Entry> _threads = [];
    private readonly Dictionary<int, Known> _processes = [];
    private readonly ProcessNames _names = new();

    private sealed class Entry
    {
        public required Caller Caller { get; set; }

        public required long Until { get; set; }
    }

    private sealed class Known
    {
        public required Caller Caller { get; set; }

        public int? Status { get; set; }

        public ProcessUse Use { get; set; }
    }

    /// <summary>Opens the book.</summary>
    /// <param name="record">Takes what happens.</param>
    /// <param name="clock">The time of records.</param>
    public ProcessBook(Action<RecordedEvent> record, TimeProvider clock)
    {
        (_record, _clock) = (record, clock);
        _ends = new(Ended, process => CallerOf(process));
    }

    /// <inheritdoc/>
    public int ProcessOf(int threadId) => _names.ProcessOf(threadId);

    /// <inheritdoc/>
    public string? NameOf(int threadId) => _names.NameOf(threadId);

    /// <inheritdoc/>
    public Caller CallerOf(int threadId)
    {
        lock (_reading)
        {
            long now = Environment.TickCount64;
            if (_threads.TryGetValue(threadId, out Entry? entry) && now < entry.Until)
                return entry.Caller;
            Caller caller = _names.CallerOf(threadId);
            if (entry is not null && entry.Caller == caller)
                caller = entry.Caller;
            if (caller.ProcessId == 0)
                return entry?.Caller ?? caller;
            if (_threads.Count >= MostThreads)
                _threads.Clear();
            _threads[threadId] = new() { Caller = caller, Until = now + Fresh };
            Notice(caller);
            return caller;
        }
    }

    private void Notice(Caller caller)
    {
        int process = caller.ProcessId;
        if (process == Environment.ProcessId)
            return;
        if (!_processes.TryGetValue(process, out Known? known))
        {
            // Who has made no stopped call yet may have started somebody who does.
            if (caller.ParentId > 0 && caller.ParentId != Environment.ProcessId && !_processes.ContainsKey(caller.ParentId) && !_threads.ContainsKey(caller.ParentId))
                CallerOf(caller.ParentId);
            _processes.Add(process, new() { Caller = caller });
            _ends.Watch(process);
            _record(new ProcessStarted { Time = _clock.GetUtcNow() - ProcessUse.AgeOf(process), Caller = caller });
        }
        else if (known.Caller.Executable != caller.Executable || known.Caller.CommandLine != caller.CommandLine)
        {
            known.Caller = caller;
            _record(new ProcessExecuted { Time = _clock.GetUtcNow(), Caller = caller });
        }
    }

    /// <summary>The program runs: the first process of the tree.</summary>
    public void Started(int program) => CallerOf(program);

    /// <inheritdoc/>
    public void IsAboutTo(int threadId, string syscall, ulong argument)
    {
        if (syscall is not ("execve" or "execveat" or "exit_group"))
            return;
        lock (_reading)
        {
            if (!_threads.TryGetValue(threadId, out Entry? entry))
                return;
            int process = entry.Caller.ProcessId;
            if (syscall == "exit_group")
            {
                if (_processes.TryGetValue(process, out Known? known))
                    (known.Status, known.Use) = ((int)(argument & 0xff), ProcessUse.Of(process));
                return;
            }

            // Whichever thread executes becomes the process's first one.
            foreach (Entry one in _threads.Values)
            {
                if (one.Caller.ProcessId == process)
                    one.Until = 0;
            }

            _ends.LookLater(process);
        }
    }

    private void Ended(int process, int? status)
    {
        lock (_reading)
        {
            if (!_processes.Remove(process, out Known? known))
                return;
            ProcessUse use = ProcessUse.Of(process).Or(known.Use);
            foreach ((int thread, Entry entry) in _threads)
            {
                if (entry.Caller.ProcessId == process)
                    _threads.Remove(thread);
            }

            _record(new ProcessEnded { Time = _clock.GetUtcNow(), ProcessId = process, Status = status ?? known.Status, Cpu = use.Cpu, PeakMemory = use.PeakMemory });
        }
    }

    /// <summary>Nobody of the tree is left: tells the ends that have not been told.</summary>
    /// <param name="program">The program's process, which is its parent's no more.</param>
    /// <param name="status">Its status.</param>
    public void TreeHasEnded(int program, int status)
    {
        lock (_reading)
        {
            if (_processes.TryGetValue(program, out Known? known))
                known.Status = status;
        }

        _ends.Dispose();
        int[] left;
        lock (_reading)
            left = [.. _processes.Keys];
        foreach (int process in left)
            Ended(process, null);
    }

    /// <inheritdoc/>
    public void Dispose() => _ends.Dispose();
}
