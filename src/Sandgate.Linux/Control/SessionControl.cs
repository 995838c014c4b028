using System.Globalization;
using System.Text.Json;
using Sandgate.Core;
using Sandgate.Core.Control;
using Sandgate.Core.Decide;
using Sandgate.Core.Decide.Language;
using Sandgate.Core.Decode;
using Sandgate.Core.Record;
using Sandgate.Linux.Confine;
using Sandgate.Linux.Confine.Limits;
using Sandgate.Linux.Decode;
using Sandgate.Linux.Launch;

namespace Sandgate.Linux.Control;

/// <summary>What clients can do to a run: the hands behind <see cref="ControlServer"/>.</summary>
internal sealed class SessionControl : ISteered, IDisposable
{
    private readonly ControlOptions _options;
    private readonly SandboxRequest _request;
    private readonly Recorder _recorder;
    private readonly LimitWatch _limits;
    private readonly Action<string> _say;
    private readonly TreePause _pause;
    private readonly ControlServer _server;
    private readonly Remote.RemoteListener? _remote;
    private DateTimeOffset _since;
    private Gate? _gate;
    private int _program;

    /// <summary>Makes what is needed while the program doesn't run yet.</summary>
    public SessionControl(ControlOptions options, SandboxRequest request, Recorder recorder, LimitWatch limits, Action<string> say)
    {
        (_options, _request, _recorder, _limits, _say) = (options, request, recorder, limits, say);
        string path = ControlDirectory.Place();
        _remote = options.Remote is null ? null : Remote.RemoteListener.Open(options.Remote, path, options.Session);
        _pause = new(limits.Groups);
        Desk = new(request.Asker, options.Keep, TimeProvider.System) { HasClients = () => (options.Feed.Wanted & Feed.Asks) != 0 };
        Desk.Told += TellOfQuestion;
        _server = new(path, this, say, wanted => options.Feed.Wanted = wanted);
        options.Feed.Tell = _server.Tell;
        string above = Path.GetDirectoryName(path)!;
        string real = Path.Join(RealPath.Of(above) ?? above, Path.GetFileName(path), options.Session);
        Guard = new(request.OwnFiles, real + ControlDirectory.SocketEnd, _remote is null ? null : real + ControlDirectory.RemoteEnd);
    }

    /// <summary>What of it the program must not touch.</summary>
    public Guard Guard { get; }

    /// <summary>The rules; set once they are there.</summary>
    public RulesInForce? InForce { get; set; }

    /// <inheritdoc/>
    public AskDesk Desk { get; }

    /// <inheritdoc/>
    public string Session => _options.Session;

    /// <inheritdoc/>
    public string Version => _options.Version;

    /// <summary>True while the tree stands still because somebody wanted it to.</summary>
    public bool IsPaused => _pause.IsPaused;

    /// <summary>True when somebody ended the run.</summary>
    public bool WasKilled { get; private set; }

    /// <summary>The program runs.</summary>
    public void Started(int program, Gate gate)
    {
        (_program, _gate, _since) = (program, gate, TimeProvider.System.GetUtcNow());
        _server.Start(sweeps: !PeerCheck.MayBeSandboxed(), () => _remote?.Start(_server.Introduce));
    }

    /// <summary>The run is over.</summary>
    public void Ended(int status)
    {
        if (_gate is null)
            return;
        (long calls, long dropped) = _recorder.Counts;
        _server.Tell(Feed.Denials | Feed.Asks, () => EventFeed.LineOf(new SessionEnded { Time = TimeProvider.System.GetUtcNow(), Status = status, Limit = _limits.Struck?.Limit, Calls = calls, Dropped = dropped }));
        _remote?.Dispose();
        _server.End();
    }

    /// <inheritdoc/>
    public void WriteStatus(Utf8JsonWriter json)
    {
        json.WriteString("session", Session);
        json.WriteNumber("pid", _program);
        json.WriteNumber("supervisor", Environment.ProcessId);
        json.WriteStartArray("command");
        foreach (string word in _request.Command)
            json.WriteStringValue(word);
        json.WriteEndArray();
        json.WriteString("directory", UserPlaces.CurrentDirectory);
        json.WriteString("since", _since);
        json.WriteString("state", _pause.IsPaused ? "paused" : "running");
        json.WriteNumber("calls", _gate?.Stops ?? 0);
        (long recorded, long dropped) = _recorder.Counts;
        json.WriteNumber("recorded", recorded);
        json.WriteNumber("dropped", dropped);
        json.WriteNumber("rules_version", InForce!.List().Version);
        json.WriteNumber("asks", Desk.Pending.Count);
    }

    /// <inheritdoc/>
    public bool Pause(string by)
    {
        if (!_pause.Pause())
            return false;
        Steered("pause", "", by);
        _say($"paused by {by}; 'sandgate resume {Session}' lets it go on");
        return true;
    }

    /// <inheritdoc/>
    public bool Resume(string by)
    {
        if (!_pause.Resume())
            return false;
        Steered("resume", "", by);
        _say($"resumed by {by}");
        return true;
    }

    /// <inheritdoc/>
    public void Kill(string by)
    {
        WasKilled = true;
        Steered("kill", "", by);
        _say($"killed by {by}");
        _limits.Forks?.Close();
        _limits.Groups.Kill();
        TreeKill.Run();
    }

    /// <inheritdoc/>
    public (int Version, IReadOnlyList<RuleInForce> Rules) Rules() => InForce!.List();

    /// <inheritdoc/>
    public long AddRule(string text, TimeSpan? ttl, string by)
    {
        try
        {
            DateTimeOffset? end = ttl is { } time ? DateTimeOffset.UtcNow + time : null;
            long added = InForce!.Add(id => _options.ReadRule(text, new(string.Create(CultureInfo.InvariantCulture, $"added {id}"), 0, 0)) is var rule ? rule with { Expires = end } : rule, by);
            Steered("rules", $"added {added}: {text}{(end is null ? "" : $", until {end:O}")}", by);
            _say($"rule {added.ToString(CultureInfo.InvariantCulture)} added by {by}: {CallText.Printable(text)}");
            return added;
        }
        catch (Exception refused) when (refused is ConfigException or IOException or UnauthorizedAccessException)
        {
            throw new ControlException(refused.Message);
        }
    }

    /// <inheritdoc/>
    public void RemoveRule(long id, string by)
    {
        try
        {
            if (!InForce!.Remove(id))
                throw new ControlException($"no rule {id} was added; the others are changed in their files");
        }
        catch (IOException refused)
        {
            throw new ControlException(refused.Message);
        }

        Steered("rules", $"removed {id}", by);
        _say($"rule {id.ToString(CultureInfo.InvariantCulture)} removed by {by}");
    }

    /// <inheritdoc/>
    public string ReloadRules(string by)
    {
        if (_request.Reload is null)
            throw new ControlException("the rules come from no file");
        List<string> said = [];
        int before = InForce!.List().Version;
        InForce.Replace(_request.Reload, said.Add);
        string message = said.Count == 0 ? "no file has changed" : string.Join('\n', said);
        if (said.Count > 0 && InForce.List().Version == before)
            throw new ControlException(message);
        if (said.Count > 0)
        {
            Steered("rules", "reloaded", by);
            _say($"{message} ({by})");
        }

        return message;
    }

    /// <inheritdoc/>
    public void Answered(string text, string by) => Steered("answer", text, by);

    private void Steered(string action, string text, string by)
    {
        SessionSteered steered = new() { Time = TimeProvider.System.GetUtcNow(), Action = action, Text = text, By = by };
        _recorder.Record(steered);
        _server.Tell(Feed.Denials, () => EventFeed.LineOf(steered));
    }

    private void TellOfQuestion(PendingAsk ask, bool begins, bool? allowed) => _server.Tell(Feed.Asks, () => ControlLine.Of(json =>
    {
        json.WriteString("event", begins ? "ask" : "asked");
        json.WritePropertyName("ask");
        if (begins)
        {
            ask.Write(json);
            return;
        }

        json.WriteNumberValue(ask.Id);
        json.WriteString("answer", allowed switch { true => "allow", false => "not_allow", _ => null });
    }));

    /// <inheritdoc/>
    public void Dispose()
    {
        _remote?.Dispose();
        _server.Dispose();
    }
}
