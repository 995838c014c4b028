using Sandgate.Core;
using Sandgate.Core.Decide;
using Sandgate.Core.Decode;
using Sandgate.Core.Record;
using Sandgate.Core.Trap;
using Sandgate.Linux.Decode;
using Sandgate.Linux.Enforce;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Launch;

/// <summary>The user's own command is judged like every other program that runs here, before anything is started.</summary>
internal static class FirstExec
{
    /// <summary>Judges it.</summary>
    /// <param name="policy">The rules.</param>
    /// <param name="recorder">Tells whether it is to be written down.</param>
    /// <param name="ask">Answers a question.</param>
    /// <param name="needs">What the rules on exec look at.</param>
    /// <param name="hashes">The hashes of files.</param>
    /// <param name="file">The command's file.</param>
    /// <param name="arguments">argv.</param>
    /// <param name="root">The real path of the root directory it will have; null for the supervisor's own.</param>
    public static (bool IsDenied, CallEvent? Event) Judge(
        Policy policy, Recorder recorder, Func<Call, Verdict, Verdict> ask, Needs needs, FileHashes hashes, string file, IReadOnlyList<byte[]> arguments, string? root)
    {
        byte[] path = [.. TargetText.ToBytes(file), 0];
        TargetCredentials own = new();
        HeldObject.Find(Environment.ProcessId, own, Files.AT_FDCWD, path.AsSpan(0, path.Length - 1), file, followLast: true, out HeldObject first, root);
        ExecChain chain = ExecChain.Read(Environment.ProcessId, own, first, file, Words(arguments), root);

        // Nobody goes along with the first.
        chain.AddUnknown();
        CallView[] views = [.. chain.Views.Select(v => new CallView(Operation.Exec, "exec", v))];
        if ((needs & Needs.Hash) != 0)
            chain.AddHashes(hashes, views);
        chain.LetGo();
        Call call = new() { ThreadId = Environment.ProcessId, Syscall = "execve", Views = views, Facts = FactsOf(needs, root + (first.Path.Resolved ?? file), hashes) };
        Verdict verdict = policy.Decide(call);
        if (verdict.Action == RuleAction.Ask)
            verdict = ask(call, verdict);
        return (!verdict.Allowed, recorder.Wants(verdict) ? Describe(call, views[verdict.View], verdict) : null);
    }

    // The supervisor is what calls execve here, whatever the child that does it for it is called.
    private static CallFacts? FactsOf(Needs needs, string file, FileHashes hashes)
    {
        if ((needs & Needs.Facts) == 0)
            return null;
        string? hash = null;
        if ((needs & Needs.Hash) != 0)
            hashes.TryGet(file, mayBlock: true, out hash);
        return FactReader.OfProcess(Environment.ProcessId) with { Sha256 = hash, Domains = [], IsLaunch = true };
    }

    private static CallEvent Describe(Call call, CallView view, Verdict verdict)
    {
        string text = CallText.Render(view, PathForm.Given), resolved = CallText.Render(view, PathForm.Resolved);
        return new CallEvent
        {
            Time = TimeProvider.System.GetUtcNow(),
            Caller = new ProcessNames().CallerOf(call.ThreadId),
            ThreadId = call.ThreadId,
            Syscall = call.Syscall,
            Text = text,
            Resolved = resolved == text ? null : resolved,
            Views = call.Views,
            Facts = call.Facts ?? new() { IsLaunch = true },
            Verdict = verdict,
            Rule = verdict.Rule?.ToString(),
            RulePlace = verdict.Rule is { Place.File: not null } rule ? rule.Place.ToString() : null,
            Binding = Binding.Register,
            Outcome = verdict.Allowed ? Outcome.Continued : Outcome.Denied,
        };
    }

    private static Argument[] Words(IReadOnlyList<byte[]> arguments)
    {
        Argument[] words = new Argument[arguments.Count];
        for (int i = 0; i < words.Length; i++)
            words[i] = Argument.FromText(TargetText.FromBytes(arguments[i]));
        return words;
    }
}
