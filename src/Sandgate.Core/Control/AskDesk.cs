using System.Text.Json;
using Sandgate.Core.Decode;

namespace Sandgate.Core.Control;

/// <summary>For how long an answer holds.</summary>
public enum Remember
{
    /// <summary>For this one call.</summary>
    No,

    /// <summary>For the same call, until the run ends.</summary>
    Run,

    /// <summary>It is written into the file of rules, too.</summary>
    Always,
}

/// <summary>A question that waits.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Question">What is asked.</param>
/// <param name="Since">When it was put.</param>
public sealed record PendingAsk(long Id, Question Question, DateTimeOffset Since)
{
    /// <summary>Writes it as an object.</summary>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteNumber("ask", Id);
        json.WriteString("call", Question.Text);
        if (Question.Resolved != Question.Text)
            json.WriteString("resolved", Question.Resolved);
        json.WriteNumber("pid", Question.ProcessId);
        json.WriteString("name", Question.Name);
        json.WriteString("rule", Question.Rule?.ToString());
        json.WriteString("since", Since);
        json.WriteNumber("timeout", Question.Timeout.TotalSeconds);
        json.WriteBoolean("can_be_remembered", Question.CanBeRemembered);
        json.WriteEndObject();
    }
}

/// <summary>
/// Puts questions to everybody who can be asked: a person at the terminal, and clients that have subscribed. The first answer counts.
/// </summary>
/// <param name="terminal">Asks on the terminal; null when that wasn't wanted.</param>
/// <param name="always">Told of an answer that holds for ever; says what became of it.</param>
/// <param name="clock">The time.</param>
public sealed class AskDesk(IAsker? terminal, Func<Question, bool, string>? always, TimeProvider clock) : IAsker
{
    private const int Glance = 100;

    private readonly Lock _lock = new();
    private Waiting? _waiting;
    private long _last;

    private sealed class Waiting(PendingAsk ask) : IDisposable
    {
        public PendingAsk Ask => ask;

        public Reply? Reply { get; set; }

        public ManualResetEventSlim Answered { get; } = new();

        public void Dispose() => Answered.Dispose();
    }

    /// <summary>Tells clients of a question, and of its end: then with the answer, null when there was none.</summary>
    public event Action<PendingAsk, bool, bool?>? Told;

    /// <summary>True when some client would answer; set by whoever knows the clients.</summary>
    public Func<bool> HasClients { get; set; } = () => false;

    /// <inheritdoc/>
    public bool IsThere => terminal is not null || HasClients();

    /// <summary>The questions that wait.</summary>
    public IReadOnlyList<PendingAsk> Pending
    {
        get
        {
            lock (_lock)
                return _waiting is { Reply: null } waiting ? [waiting.Ask] : [];
        }
    }

    /// <inheritdoc/>
    public Reply Ask(Question question, Func<bool> stillWaits)
    {
        using Waiting waiting = new(new(Interlocked.Increment(ref _last), question, clock.GetUtcNow()));
        lock (_lock)
            _waiting = waiting;
        Told?.Invoke(waiting.Ask, true, null);
        Reply reply = default;
        try
        {
            return reply = Wait(waiting, stillWaits);
        }
        finally
        {
            lock (_lock)
                _waiting = null;
            Told?.Invoke(waiting.Ask, false, reply.Allowed);
        }
    }

    /// <summary>A client answers. Returns the question's text, and what became of an answer for ever.</summary>
    /// <exception cref="ControlException">That question doesn't wait.</exception>
    public (string Text, string? Kept) Answer(long id, bool allow, Remember remember)
    {
        Question question;
        lock (_lock)
        {
            if (_waiting is not { Reply: null } waiting || waiting.Ask.Id != id)
                throw new ControlException($"no question {id} waits");
            question = waiting.Ask.Question;
            if (remember != Remember.No && !question.CanBeRemembered)
                throw new ControlException("that answer can't be remembered: something of the call could not be read, so that another call could look the same");
            waiting.Reply = new(allow, remember != Remember.No);
            waiting.Answered.Set();
        }

        string? kept = remember != Remember.Always ? null : always?.Invoke(question, allow) ?? "kept for this run only: the rules come from no file";
        return (CallText.Printable(question.Text), kept);
    }

    private Reply Wait(Waiting waiting, Func<bool> stillWaits)
    {
        long begun = clock.GetTimestamp();
        Question question = waiting.Ask.Question;
        if (terminal is not null && terminal.Ask(question, () => !waiting.Answered.IsSet && stillWaits()) is { Allowed: not null } typed)
            return Take(waiting, typed);
        while (!waiting.Answered.IsSet && HasClients() && stillWaits() && clock.GetElapsedTime(begun) < question.Timeout)
            waiting.Answered.Wait(Glance);
        return Take(waiting, default);
    }

    // An answer of a client was confirmed to it: it counts even if it came at the last moment.
    private Reply Take(Waiting waiting, Reply other)
    {
        lock (_lock)
            return waiting.Reply ??= other;
    }
}
