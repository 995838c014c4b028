using System.Collections.Concurrent;
using Sandgate.Core.Decide;
using Sandgate.Core.Decode;
using Sandgate.Core.Trap;

namespace Sandgate.Core;

/// <summary>What a person is asked.</summary>
/// <param name="Text">The deciding view's text with paths as given.</param>
/// <param name="Resolved">The same with the real files.</param>
/// <param name="Call">The call.</param>
/// <param name="View">The deciding view.</param>
/// <param name="Rule">The rule that asks; null when the default does.</param>
/// <param name="ProcessId">The process that waits.</param>
/// <param name="Name">The thread's own name for itself.</param>
/// <param name="Timeout">How long to wait for an answer.</param>
/// <param name="CanBeRemembered">False when something of the call could not be read, so that another call could look the same.</param>
public sealed record Question(string Text, string Resolved, Call Call, CallView View, Rule? Rule, int ProcessId, string Name, TimeSpan Timeout, bool CanBeRemembered);

/// <summary>What a person answered.</summary>
/// <param name="Allowed">Whether the call may go on; null when nobody answered in time.</param>
/// <param name="Remember">True when the same call is to be answered so without asking for the rest of the run.</param>
public readonly record struct Reply(bool? Allowed, bool Remember);

/// <summary>Puts a question to a person.</summary>
public interface IAsker
{
    /// <summary>True when somebody can be asked now.</summary>
    bool IsThere => true;

    /// <summary>Asks and waits. Called from one thread at a time.</summary>
    /// <param name="question">The question.</param>
    /// <param name="stillWaits">False once the program's thread has gone: then the answer doesn't matter any more.</param>
    Reply Ask(Question question, Func<bool> stillWaits);
}

/// <summary>Calls that wait for a person, asked about one after the other.</summary>
/// <param name="asker">Who asks; null when nobody can be asked.</param>
/// <param name="names">Who a thread is.</param>
/// <param name="decideFrom">Judges a call's views from one of them on.</param>
/// <param name="newWorker">Makes what carries out the verdict on a thread of its own.</param>
public sealed class Questions(IAsker? asker, IProcessNames names, Func<Call, int, Verdict> decideFrom, Func<Action<Stop, Call, Verdict>> newWorker) : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly BlockingCollection<(Stop Stop, Call Call, Verdict Verdict)> _waiting = [];
    private readonly ConcurrentDictionary<string, bool> _remembered = new(StringComparer.Ordinal);
    private int _started;

    /// <summary>The verdict when nobody need be asked, or nobody can be; null when somebody has to.</summary>
    public Verdict? Settle(Call call, in Verdict verdict)
    {
        Verdict last = verdict;
        while (last.Action == RuleAction.Ask)
        {
            if (SettleOne(call, last) is not { } settled)
                return null;
            last = Next(call, settled);
        }

        return last;
    }

    private Verdict? SettleOne(Call call, in Verdict verdict)
    {
        if (!_remembered.IsEmpty && _remembered.TryGetValue(KeyOf(call, verdict), out bool allowed))
            return Answered(verdict, allowed, VerdictReason.Asked);
        return asker is { IsThere: true } ? null : Answered(verdict, verdict.Rule is { AllowUnanswered: true }, VerdictReason.Unanswered);
    }

    // A call that asks for two things, as copy_file_range does, can have two questions in it: a yes to one is none to the other.
    private Verdict Next(Call call, in Verdict answered)
    {
        if (!answered.Allowed)
            return answered;
        Verdict rest = decideFrom(call, answered.View + 1);
        return rest.Allowed ? answered : rest;
    }

    /// <summary>Queues a call that waits.</summary>
    public void Add(Stop stop, Call call, Verdict verdict)
    {
        if (Interlocked.Exchange(ref _started, 1) == 0 && !TryStart())
        {
            _started = 0;
            using (stop)
                newWorker()(stop, call, Answered(verdict, verdict.Rule is { AllowUnanswered: true }, VerdictReason.Unanswered));
            return;
        }

        _waiting.Add((stop, call, verdict));
    }

    private bool TryStart()
    {
        try
        {
            new Thread(Work) { Name = "questions", IsBackground = true }.Start();
            return true;
        }
        catch (OutOfMemoryException)
        {
            // The program has used up the processes its user may have: nobody can ask now.
            return false;
        }
    }

    /// <summary>Asks at once, for a call that no thread waits in.</summary>
    public Verdict Ask(Call call, in Verdict verdict, Func<bool> stillWaits)
    {
        Verdict last = verdict;
        while (last.Action == RuleAction.Ask)
            last = Next(call, SettleOne(call, last) ?? AskOne(call, last, stillWaits));
        return last;
    }

    private Verdict AskOne(Call call, in Verdict verdict, Func<bool> stillWaits)
    {
        CallView view = call.Views[verdict.View];
        bool whole = Array.TrueForAll(view.Arguments, a => a.Kind is not (ArgumentKind.Unreadable or ArgumentKind.Address) && !a.IsPartial && a.Resolved is not null);
        Question question = new(
            CallText.Render(view, PathForm.Given), CallText.Render(view, PathForm.Resolved), call, view, verdict.Rule,
            names.ProcessOf(call.ThreadId), names.NameOf(call.ThreadId) ?? "", verdict.Rule?.Timeout ?? s_patience, whole);
        Reply reply = asker!.Ask(question, stillWaits);
        if (reply.Allowed is not { } allowed)
            return Answered(verdict, verdict.Rule is { AllowUnanswered: true }, VerdictReason.Unanswered);
        if (reply.Remember && whole)
            _remembered[KeyOf(call, verdict)] = allowed;
        return Answered(verdict, allowed, VerdictReason.Asked);
    }

    private void Work()
    {
        Action<Stop, Call, Verdict> answer = newWorker();
        foreach ((Stop stop, Call call, Verdict verdict) in _waiting.GetConsumingEnumerable())
        {
            using (stop)
            {
                if (stop.IsHeld)
                    answer(stop, call, Ask(call, verdict, () => stop.IsHeld));
            }
        }
    }

    // An answer is to one rule's question about one program, as far as the rules look at who asks.
    private static string KeyOf(Call call, in Verdict verdict) =>
        $"{verdict.Rule?.Place}\0{call.Facts?.Executable}\0{CallText.Render(call.Views[verdict.View], PathForm.Resolved)}";

    private static Verdict Answered(in Verdict verdict, bool allowed, VerdictReason reason) => verdict with
    {
        Allowed = allowed,
        Errno = allowed ? 0 : verdict.Errno,
        Reason = reason,
        Action = allowed ? RuleAction.Allow : RuleAction.NotAllow,
    };

    /// <inheritdoc/>
    public void Dispose() => _waiting.CompleteAdding();
}
