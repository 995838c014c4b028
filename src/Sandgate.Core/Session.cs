using Sandgate.Core.Decide;
using Sandgate.Core.Decide.NewNames;
using Sandgate.Core.Decode;
using Sandgate.Core.Record;
using Sandgate.Core.Trap;

namespace Sandgate.Core;

/// <summary>
/// START HERE. Every stopped system call of one program comes to this loop, is understood, judged,
/// answered and written down. One thread runs it and never waits for anything but the next stop:
/// a call whose understanding would wait (a slow file system) is parked and answered by a worker.
/// </summary>
public sealed class Session : IDisposable
{
    private const int MostTries = 100;

    private static readonly TimeSpan s_longestEnd = TimeSpan.FromSeconds(1);

    private readonly ITrap _trap;
    private readonly Func<IDecoder> _newDecoder;
    private readonly ICatalogue _catalogue;
    private readonly Recorder _recorder;
    private readonly IProcessNames _names;
    private readonly TimeProvider _clock;
    private readonly ParkedStops _parked;
    private readonly Questions _questions;
    private readonly Action _killTree;
    private readonly bool _recordAll, _recordDetails;
    private volatile Ruling _ruling;

    // What a policy needs of each call, found out when the call first comes.
    private sealed record Ruling(Policy Policy, Needs[] Needs);

    /// <summary>Makes the loop of one sandbox.</summary>
    /// <param name="trap">Where threads stop.</param>
    /// <param name="newDecoder">Makes a decoder for one thread.</param>
    /// <param name="catalogue">The system calls.</param>
    /// <param name="names">Who a thread is.</param>
    /// <param name="policy">The rules.</param>
    /// <param name="recorder">Where calls are written down.</param>
    /// <param name="asker">Whom to ask; null when there is nobody.</param>
    /// <param name="clock">The time of records.</param>
    /// <param name="killTree">Ends the whole tree of processes.</param>
    /// <param name="whenBroken">Told when a worker fails in a way that must not happen; the loop's own failures are thrown.</param>
    public Session(
        ITrap trap, Func<IDecoder> newDecoder, ICatalogue catalogue, IProcessNames names, Policy policy, Recorder recorder, IAsker? asker,
        TimeProvider clock, Action killTree, Action<Exception> whenBroken)
    {
        (_trap, _newDecoder, _catalogue, _names, _recorder, _clock, _killTree) = (trap, newDecoder, catalogue, names, recorder, clock, killTree);
        (_recordAll, _recordDetails) = (recorder.WantsAll, recorder.WantsDetails);
        _ruling = NewRuling(policy);
        _parked = new ParkedStops(() =>
        {
            IDecoder decoder = newDecoder();
            return stop => Serve(_ruling, decoder, stop, NeedsOf(_ruling, stop.Number), mayBlock: true);
        }, whenBroken);
        _questions = new Questions(asker, names, (call, from) => _ruling.Policy.DecideFrom(call, from), () =>
        {
            IDecoder decoder = newDecoder();
            return (stop, asked, answer) => Follow(_ruling, decoder, stop, asked, answer);
        });
    }

    /// <summary>Puts other rules in force, for every call that is judged from now on.</summary>
    public void Use(Policy policy) => _ruling = NewRuling(policy);

    private Ruling NewRuling(Policy policy) => new(policy, new Needs[_catalogue.Count]);

    /// <summary>Serves the program until the last process of its tree is gone.</summary>
    public void Run()
    {
        IDecoder decoder = _newDecoder();
        while (_trap.Next() is { } stop)                                                           // trap
        {
            using (stop)
            {
                if (_recordDetails)
                    stop.Since = _clock.GetTimestamp();
                Ruling ruling = _ruling;
                Needs needs = NeedsOf(ruling, stop.Number);
                if ((needs & Needs.WordsFirst) != 0 && IsSettledByWords(ruling, decoder, stop))
                    continue;
                Serve(ruling, decoder, stop, needs, mayBlock: false);
            }
        }

        // Whoever answered the last call may not have written it down yet, and nothing is written behind the end.
        _parked.AwaitAll(s_longestEnd);
    }

    private void Serve(Ruling ruling, IDecoder decoder, Stop stop, Needs needs, bool mayBlock)
    {
        if (_recordDetails)
            stop.Begun = _clock.GetTimestamp();
        for (int tries = 0; ; tries++)
        {
            Call? understood = Understand(ruling, decoder, stop, needs, mayBlock);                 // decode
            if (stop.IsAnswered)
                return;
            if (understood is not { } call)
            {
                _parked.Add(Park(stop));
                return;
            }

            Verdict verdict = ruling.Policy.Decide(call);                                          // decide
            if (IsShown(verdict) && (needs & Needs.Display) != Needs.Display)
            {
                // Rules may need less of a call than a person does; what is shown must be what was judged.
                needs |= Needs.Display;
                continue;
            }

            // A program that never stops changing what its call means has no right to an answer.
            if (tries > MostTries)
                verdict = verdict with { Allowed = false, Action = RuleAction.NotAllow, Errno = Errnos.EACCES };
            if (!Judge(ruling, decoder, stop, call, verdict, mayBlock))
                continue;
            decoder.LetGo();
            return;
        }
    }

    private bool IsShown(in Verdict verdict) => verdict.Action == RuleAction.Ask || (verdict.Allowed && _recorder.Wants(verdict));

    // What a file holds is looked at only if nothing else settles the call: hashing takes as long as reading it.
    private static Call? Understand(Ruling ruling, IDecoder decoder, Stop stop, Needs needs, bool mayBlock)
    {
        if ((needs & Needs.Hash) != 0
            && decoder.Decode(stop, needs & ~Needs.Hash, mayBlock) is { } call && ruling.Policy.Decide(call).IsCertain)
            return call;
        return decoder.Decode(stop, needs, mayBlock);
    }

    // Registers can't be changed once the thread stands still: what they decide needs no memory read, and is binding.
    private bool IsSettledByWords(Ruling ruling, IDecoder decoder, Stop stop)
    {
        if (decoder.Decode(stop, NeedsOf(ruling, stop.Number) & Needs.Registers, mayBlock: false) is not { CertainErrno: 0 } call)
            return false;
        Verdict verdict = ruling.Policy.Decide(call);
        if (!verdict.IsCertain || verdict.Action == RuleAction.Ask)
            return false;
        Enforce(ruling, decoder, stop, call, verdict, mayBlock: false, Binding.Register);
        return true;
    }

    // False when the call must be understood anew.
    private bool Judge(Ruling ruling, IDecoder decoder, Stop stop, Call call, Verdict verdict, bool mayBlock)
    {
        if (verdict.Action != RuleAction.Ask)
            return Enforce(ruling, decoder, stop, call, verdict, mayBlock, binding: null);
        if (_questions.Settle(call, verdict) is { } settled)
            return Enforce(ruling, decoder, stop, call, settled, mayBlock, binding: null);
        call.Emulation?.Release();
        _questions.Add(Park(stop), call, verdict);
        return true;
    }

    private static Stop Park(Stop stop)
    {
        Stop parked = stop.Park();
        (parked.Since, parked.Begun) = (stop.Since, stop.Begun);
        return parked;
    }

    // A person takes minutes to answer. What is done is what stands there now, if it is still what he saw.
    private void Follow(Ruling ruling, IDecoder decoder, Stop stop, Call asked, Verdict answer)
    {
        Call call = asked;
        if (_recordDetails)
            stop.Begun = _clock.GetTimestamp();
        for (int tries = 0; ; tries++)
        {
            if (answer.Allowed)
                call = decoder.Decode(stop, NeedsOf(ruling, stop.Number) | Needs.Display, mayBlock: true)!;
            if (stop.IsAnswered)
                return;
            if (answer.Allowed && (tries > MostTries || !IsSame(asked, call)))
                answer = answer with { Allowed = false, Action = RuleAction.NotAllow, Errno = Errnos.EACCES };

            // The same names may mean something else by now: a directory where a file was.
            if (answer.Allowed && ruling.Policy.WatchesNames(call) && ruling.Policy.Decide(call) is { Allowed: false, Reason: VerdictReason.Floor } refused)
                answer = refused;
            if (!Enforce(ruling, decoder, stop, call, answer, mayBlock: true, binding: null))
                continue;
            decoder.LetGo();
            return;
        }
    }

    private static bool IsSame(Call asked, Call call)
    {
        if (asked.Views.Length != call.Views.Length)
            return false;
        for (int i = 0; i < asked.Views.Length; i++)
        {
            if (CallText.Render(asked.Views[i], PathForm.Resolved) != CallText.Render(call.Views[i], PathForm.Resolved))
                return false;
        }

        return true;
    }

    private bool Enforce(Ruling ruling, IDecoder decoder, Stop stop, Call call, Verdict verdict, bool mayBlock, Binding? binding)
    {
        CallEvent? written = _recorder.Wants(verdict) ? Describe(ruling, decoder, stop, call, verdict, mayBlock, binding) : null;
        ulong told = written is null ? 0 : _recorder.TellAtOnce(written);
        if (verdict.Action == RuleAction.Kill)
            _killTree();
        (call.Emulation as IVerification)?.Expect(call, ruling.Policy.Decide);
        Outcome outcome = stop.Answer(call, verdict);                                              // enforce
        if (outcome == Outcome.Changed)
            return false;
        if (written is not null)
            _recorder.Record(written with { Outcome = outcome, Held = _recordDetails ? _clock.GetElapsedTime(stop.Since) : default }, told); // record
        return true;
    }

    // While the thread still stands still: afterwards its memory says something else.
    private CallEvent? Describe(Ruling ruling, IDecoder decoder, Stop stop, Call call, Verdict verdict, bool mayBlock, Binding? binding)
    {
        Needs needs = NeedsOf(ruling, stop.Number) & ~Needs.Held;

        // What an allowed call shows was judged with it; decoding it again would let go of what it is carried out on.
        if (binding is not null || (!verdict.Allowed && (needs & Needs.Display) != Needs.Display))
        {
            call = decoder.Decode(stop, needs | Needs.Display, mayBlock)
                ?? decoder.Decode(stop, (needs | Needs.Display) & ~Needs.ResolvedPaths, mayBlock: false) ?? call;
        }

        CallView view = call.Views[Math.Min(verdict.View, call.Views.Length - 1)];
        string text = CallText.Render(view, PathForm.Given), resolved = CallText.Render(view, PathForm.Resolved);
        CallEvent described = new()
        {
            Time = _clock.GetUtcNow(),
            ThreadId = stop.ThreadId,
            Caller = _recordDetails ? _names.CallerOf(stop.ThreadId)
                : new Caller { ProcessId = _names.ProcessOf(stop.ThreadId), Name = _names.NameOf(stop.ThreadId) ?? "" },
            Syscall = call.Syscall,
            Text = text,
            Resolved = resolved == text ? null : resolved,
            Views = _recordDetails ? call.Views : [],
            Facts = _recordDetails ? call.Facts : null,
            Verdict = verdict,
            Rule = verdict.Rule?.ToString(),
            RulePlace = verdict.Rule is { Place.File: not null } rule ? rule.Place.ToString() : null,
            Binding = binding ?? BindingOf(ruling.Policy, stop.Number),
            Outcome = !verdict.Allowed ? Outcome.Denied : call.CertainErrno != 0 ? Outcome.Failed : Outcome.Continued,
            Cost = _recordDetails ? _clock.GetElapsedTime(stop.Begun) : default,
        };
        if (_recordDetails)
            _names.IsAboutTo(stop.ThreadId, call.Syscall, stop.Register(0));

        // A thread's id can be used again: what was read of a thread that has gone is somebody else's.
        return stop.IsHeld ? described : null;
    }

    // By what the policy needs, not by what a recorder reads beyond that.
    private Binding BindingOf(Policy policy, int number) =>
        _catalogue.ShapeOf(number) is not { } shape ? Binding.Racy
        : !shape.WordsInMemory && !shape.ByDescriptor && (policy.NeedsOf(shape) & Needs.Text) == 0 ? Binding.Register
        : shape.IsVerified || (policy.IsAboveOn(shape) && !policy.RestrictsByMemory(shape)) ? Binding.Verified : shape.IsEmulated || policy.WatchesNames(shape) ? Binding.Emulated : Binding.Racy;

    private Needs NeedsOf(Ruling ruling, int number)
    {
        if ((uint)number >= (uint)ruling.Needs.Length)
            return Needs.Text;
        Needs needs = ruling.Needs[number];
        if ((needs & Needs.Known) == 0)
        {
            needs = _catalogue.ShapeOf(number) is { } shape ? ruling.Policy.NeedsOf(shape) : Needs.Text;
            if (_catalogue.ShapeOf(number) is { } own && (ruling.Policy.WatchesNames(own) || ruling.Policy.IsAboveOn(own) || (own.IsEmulated && ruling.Policy.RestrictsByMemory(own))))
                needs |= Needs.Held;
            if (_recordAll)
                needs |= Needs.Display;
            if (_recordDetails && _catalogue.ShapeOf(number) is { } named && (named.Operations.Contains(Operation.Connect) || named.Operations.Contains(Operation.Send)))
                needs |= Needs.Domains;
            if (_recordDetails && _catalogue.ShapeOf(number) is { } naming && GivesOtherName.IsToldByFlags(naming))
                needs |= Needs.Registers;
            if (_catalogue.ShapeOf(number) is { } known && ruling.Policy.WordsMayDecide(known))
                needs |= Needs.WordsFirst;
            ruling.Needs[number] = needs |= Needs.Known;
        }

        return needs;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _parked.Dispose();
        _questions.Dispose();
    }
}
