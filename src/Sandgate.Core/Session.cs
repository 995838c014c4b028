using Sandgate.Core.Decide;
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
    private readonly ITrap _trap;
    private readonly Func<IDecoder> _newDecoder;
    private readonly ICatalogue _catalogue;
    private readonly Policy _policy;
    private readonly Recorder _recorder;
    private readonly IProcessNames _names;
    private readonly TimeProvider _clock;
    private readonly ParkedStops _parked;
    private readonly Needs[] _needs;
    private readonly bool _recordAll;

    /// <summary>Makes the loop of one sandbox.</summary>
    /// <param name="trap">Where threads stop.</param>
    /// <param name="newDecoder">Makes a decoder for one thread.</param>
    /// <param name="catalogue">The system calls.</param>
    /// <param name="names">Who a thread is.</param>
    /// <param name="policy">The rules.</param>
    /// <param name="recorder">Where calls are written down.</param>
    /// <param name="clock">The time of records.</param>
    /// <param name="whenBroken">Told when a worker fails in a way that must not happen; the loop's own failures are thrown.</param>
    public Session(ITrap trap, Func<IDecoder> newDecoder, ICatalogue catalogue, IProcessNames names, Policy policy, Recorder recorder, TimeProvider clock, Action<Exception> whenBroken)
    {
        (_trap, _newDecoder, _catalogue, _names, _policy, _recorder, _clock) = (trap, newDecoder, catalogue, names, policy, recorder, clock);
        _recordAll = recorder.WantsAll;
        _needs = new Needs[catalogue.Count];
        _parked = new ParkedStops(() =>
        {
            IDecoder decoder = newDecoder();
            return stop => JudgeParked(decoder, stop, decoder.Decode(stop, NeedsOf(stop.Number), mayBlock: true)!);
        }, whenBroken);
    }

    /// <summary>Serves the program until the last process of its tree is gone.</summary>
    public void Run()
    {
        IDecoder decoder = _newDecoder();
        while (_trap.Next() is { } stop)                                                  // trap
        {
            using (stop)
            {
                Needs needs = NeedsOf(stop.Number);
                if ((needs & Needs.WordsFirst) != 0 && IsSettledByWords(decoder, stop))
                    continue;
                if (decoder.Decode(stop, needs, mayBlock: false) is { } call)              // decode
                    Judge(decoder, stop, call, _policy.Decide(call), mayBlock: false);     // decide
                else
                    _parked.Add(stop.Park());
            }
        }
    }

    // Registers can't be changed once the thread stands still: what they decide needs no memory read, and is binding.
    private bool IsSettledByWords(IDecoder decoder, Stop stop)
    {
        if (decoder.Decode(stop, Needs.None, mayBlock: false) is not { CertainErrno: 0 } call)
            return false;
        Verdict verdict = _policy.Decide(call);
        if (!verdict.IsCertain)
            return false;
        Judge(decoder, stop, call, verdict, mayBlock: false, Binding.Register);
        return true;
    }

    private void JudgeParked(IDecoder decoder, Stop stop, Call call) => Judge(decoder, stop, call, _policy.Decide(call), mayBlock: true);

    private void Judge(IDecoder decoder, Stop stop, Call call, Verdict verdict, bool mayBlock, Binding? binding = null)
    {
        CallEvent? written = _recorder.Wants(verdict) ? Describe(decoder, stop, call, verdict, mayBlock, binding) : null;
        ulong told = written is null ? 0 : _recorder.TellAtOnce(written);
        Outcome outcome = stop.Answer(call, verdict);                                     // enforce
        if (written is not null)
            _recorder.Record(written with { Outcome = outcome }, told);                   // record
    }

    // While the thread still stands still: afterwards its memory says something else.
    private CallEvent? Describe(IDecoder decoder, Stop stop, Call call, Verdict verdict, bool mayBlock, Binding? binding)
    {
        Needs needs = NeedsOf(stop.Number);
        if ((needs & Needs.Display) != Needs.Display && !_recordAll)
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
            ProcessId = _names.ProcessOf(stop.ThreadId),
            Name = _names.NameOf(stop.ThreadId) ?? "",
            Syscall = call.Syscall,
            Text = text,
            Resolved = resolved == text ? null : resolved,
            Verdict = verdict,
            Binding = binding ?? BindingOf(stop.Number),
            Outcome = !verdict.Allowed ? Outcome.Denied : call.CertainErrno != 0 ? Outcome.Failed : Outcome.Continued,
        };

        // A thread's id can be used again: what was read of a thread that has gone is somebody else's.
        return stop.IsHeld ? described : null;
    }

    // By what the policy needs, not by what a recorder reads beyond that.
    private Binding BindingOf(int number) =>
        _catalogue.ShapeOf(number) is { WordsInMemory: false } shape && (_policy.NeedsOf(shape) & Needs.Text) == 0 ? Binding.Register : Binding.Racy;

    private Needs NeedsOf(int number)
    {
        if ((uint)number >= (uint)_needs.Length)
            return Needs.Text;
        Needs needs = _needs[number];
        if ((needs & Needs.Known) == 0)
        {
            needs = _catalogue.ShapeOf(number) is { } shape ? _policy.NeedsOf(shape) : Needs.Text;
            if (_recordAll)
                needs |= Needs.Display;
            else if (_catalogue.ShapeOf(number) is { } known && _policy.WordsMayDecide(known))
                needs |= Needs.WordsFirst;
            _needs[number] = needs |= Needs.Known;
        }

        return needs;
    }

    /// <inheritdoc/>
    public void Dispose() => _parked.Dispose();
}
