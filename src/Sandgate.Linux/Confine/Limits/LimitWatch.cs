using System.Diagnostics;
using Sandgate.Core.Confine;
using Sandgate.Linux.Interop;
using Sandgate.Linux.Launch;

namespace Sandgate.Linux.Confine.Limits;

/// <summary>A limit that ended the program, or stopped it.</summary>
/// <param name="Limit">Its word in configurations; null when there was no holding the program to its limits at all.</param>
/// <param name="Status">The exit status that it gives the run.</param>
internal sealed record Strike(string? Limit, int Status);

/// <summary>
/// Holds the tree to what the supervisor itself must look at, on a thread of its own, and knows in the end what the run has used.
/// </summary>
internal sealed class LimitWatch : IDisposable
{
    private static readonly TimeSpan s_usually = TimeSpan.FromMilliseconds(50), s_near = TimeSpan.FromMilliseconds(10), s_patience = TimeSpan.FromSeconds(30);

    // What begins processes faster than they are counted shall not put off the end of its time, nor hide behind them for long.
    private const int LookFor = 500, MostPartial = 20;

    private readonly Action<string> _say;
    private readonly bool _pauses;
    private readonly List<Gauge> _gauges = [];
    private readonly ManualResetEventSlim _over = new();
    private readonly ReadyThread? _thread;
    private readonly Stopwatch _clock = new();
    private int _program;
    private long _peakMemory;
    private int _mostTasks, _partial;
    private volatile Strike? _struck;

    /// <summary>Makes the thread ready.</summary>
    /// <param name="asked">What is asked for.</param>
    /// <param name="wanted">True when somebody wants to know what was used, even without limits.</param>
    /// <param name="say">Prints one message.</param>
    public LimitWatch(Confinement asked, bool wanted, Action<string> say)
    {
        (_say, _pauses) = (say, asked.Limits.Action == LimitAction.Pause);
        IsWanted = wanted || !asked.Limits.IsEmpty;
        Groups = new(asked.Limits.IsEmpty ? [] : Hierarchy.All(), LimitParts.ControllersFor(asked.Limits));
        _thread = IsWanted ? new("limits") : null;
    }

    /// <summary>True when limits are in force, or what is used is to be told.</summary>
    public bool IsWanted { get; }

    /// <summary>The control groups of this run.</summary>
    public ControlGroups Groups { get; }

    /// <summary>Tells the gate of every process that may not be made; null when the kernel refuses it, or nobody does.</summary>
    public ForkCount? Forks { get; set; }

    /// <summary>What ended the program; null when nothing did.</summary>
    public Strike? Struck => _struck;

    /// <summary>Prints one message.</summary>
    public void Say(string message) => _say(message);

    /// <summary>Begins to look at a figure.</summary>
    public void Add(Gauge gauge) => _gauges.Add(gauge);

    /// <summary>Goes without a figure.</summary>
    public void Forget(Gauge? gauge)
    {
        if (gauge is not null && !_clock.IsRunning)
            _gauges.Remove(gauge);
    }

    /// <summary>The program runs.</summary>
    public void Started(int program)
    {
        _program = program;
        _clock.Start();
        _thread?.Do(Watch);
    }

    /// <summary>The supervisor is about to be stopped with its program: nothing else is to run on unwatched. Null when nothing is watched.</summary>
    public StandStill? StandStill()
    {
        if (_gauges.Count == 0)
            return null;
        TimeSpan? left = _gauges.Find(g => g.Limit == "time") is { } time ? TimeSpan.FromMilliseconds(Math.Max(0, time.Allowed - _clock.ElapsedMilliseconds)) : null;
        return Limits.StandStill.Begin(Groups, left);
    }

    /// <summary>The tree has ended with this status: says what it has used.</summary>
    public Usage Finish(int status)
    {
        TimeSpan time = _clock.Elapsed;
        _over.Set();
        _thread?.Join(s_patience);
        TreeSample last = TreeSample.Take(time);
        if (_struck is null && _gauges.Find(g => g.TellsAfterwards(status) && g.Check(last) is not null) is { } gauge)
        {
            _struck = new(gauge.Limit, gauge.Status);
            _say($"limit {gauge.Limit}: {gauge.Check(last)}; the kernel killed what went past it");
        }

        (long? peak, int? tasks, TimeSpan? cpu, long refused) = GroupUsage.Of(Groups);
        peak ??= Math.Max(_peakMemory, TreeSample.EndedPeak() ?? 0) is > 0 and var seen ? seen : null;
        return new(time, cpu ?? last.Cpu, peak, tasks ?? (_mostTasks > 0 ? _mostTasks : null), TreeSample.EndedWritten(), refused);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _over.Set();
        _thread?.Dispose();
        Groups.Dispose();
    }

    private void Watch()
    {
        try
        {
            do
            {
                Look();
            }
            while (_struck is null && !_over.Wait(Interval()));
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            Strike(new(null, LimitStatus.Killed), $"a defect in Sandgate: its limits broke, and the program was killed rather than run without: {failure}");
        }
    }

    private TimeSpan Interval() => _gauges.Exists(g => g.IsNear) ? s_near : _gauges.Find(g => g.Limit == "time") is { } time
        ? TimeSpan.FromMilliseconds(Math.Clamp(time.Allowed + 1 - _clock.ElapsedMilliseconds, 1, (long)s_usually.TotalMilliseconds)) : s_usually;

    private void Look()
    {
        TreeSample sample = TreeSample.Take(_clock.Elapsed, LookFor);
        _partial = sample.IsPartial ? _partial + 1 : 0;
        if (_partial > MostPartial && _gauges.Exists(g => g.MayPause))
        {
            Strike(new(null, LimitStatus.Killed), "limits: processes begin faster than they can be counted; the program was killed");
            return;
        }

        _peakMemory = Math.Max(_peakMemory, sample.Resident);
        _mostTasks = Math.Max(_mostTasks, sample.Tasks);
        if (Membership.FirstOutside(sample, Groups) is > 0 and var outside)
        {
            Strike(new(null, LimitStatus.Killed), $"limits: process {outside} has left its control group; the program was killed");
            return;
        }

        foreach (Gauge gauge in _gauges)
        {
            if (gauge.Check(sample) is not { } wrong || _over.IsSet)
                continue;
            if (_pauses && gauge.MayPause)
            {
                _say($"limit {gauge.Limit}: {wrong}; the program is stopped; SIGCONT to process {Environment.ProcessId} lets it have as much again");
                gauge.Allowed = Math.Max(gauge.Allowed, gauge.Read(sample, gauge.Allowed) ?? long.MaxValue - gauge.Most) + gauge.Most;
                Pause.Tree(_program, sample, Groups);
                continue;
            }

            Strike(new(gauge.Limit, gauge.Status), $"limit {gauge.Limit}: {wrong}; the program was killed");
            return;
        }
    }

    private void Strike(Strike strike, string message)
    {
        // Whoever reads may take his time, or be the program itself.
        _struck = strike;
        bool first = StandardError.HasRoom(message);
        if (first)
            _say(message);
        Forks?.Close();
        Groups.Kill();
        TreeKill.Run();
        if (!first)
            _say(message);
    }
}
