using Sandgate.Core;
using Sandgate.Core.Decide;
using Sandgate.Core.Decode;
using Sandgate.Core.Trap;
using Sandgate.Linux.Decode;
using Sandgate.Linux.Enforce.Dumpable;
using Sandgate.Linux.Interop;
using Sandgate.Linux.Trap;

namespace Sandgate.Linux.Enforce;

/// <summary>
/// An execve that only the kernel can do: before the new program's first instruction, the file that it runs, the loader beside it, its name
/// and its argv are compared with what was judged.
/// </summary>
/// <param name="escort">Goes along with the thread.</param>
/// <param name="judged">What was judged.</param>
/// <param name="hashes">
/// Null when the verdict doesn't depend on what files hold. Whether a hash was known when the call was judged says nothing: a file that is being
/// written has none at that moment, and has one when it runs.
/// </param>
/// <param name="credentials">Whose rights count.</param>
internal sealed class ExecVerification(Escort escort, ExecChain judged, FileHashes? hashes, TargetCredentials credentials) : IVerification
{
    // A file may have been replaced for good reasons between the verdict and the execve. Who does it all the time has none.
    private const int MostTries = 3;

    private Call _call = null!;
    private Func<Call, Verdict> _judge = null!;

    /// <inheritdoc/>
    public void Expect(Call call, Func<Call, Verdict> judge) => (_call, _judge) = (call, judge);

    /// <inheritdoc/>
    public Outcome Carry(Stop stop)
    {
        SeccompStop own = (SeccompStop)stop;

        // Until such a program makes its first call it may take its time, on a thread that nobody else waits for.
        return judged.IsUnreadable && TargetCredentials.IsBlind ? BlockingThreads.Answer(own, parked => GoAlong(parked)) : GoAlong(own);
    }

    private Outcome GoAlong(SeccompStop own)
    {
        try
        {
            return Verify(own);
        }
        finally
        {
            judged.LetGo();
        }
    }

    private Outcome Verify(SeccompStop own)
    {
        switch (escort.Through(own, out int held))
        {
            case Passage.Refused:
                return escort.Refuse(own, _call);
            case Passage.Gone:
                return Outcome.Vanished;
            case Passage.Returned:
                Escort.Release(held);
                return Outcome.Continued;
        }

        if (WhyNot(held) is not { } why)
        {
            Escort.Release(held);
            return Outcome.Continued;
        }

        if (!Escort.IsHeld(held))
            return Outcome.Vanished;
        escort.Kill(held, $"{CallText.Render(_call.Main, PathForm.Resolved)} was judged, but {why}");
        return Outcome.Killed;
    }

    private string? WhyNot(int held) => !judged.IsUnreadable ? WhyNot(held, judged)
        : ClosedProgram.Open(held, credentials.Dumpable) ? ExecObservation.WhyNot(ExecutedImage.Read(held), judged, IsAllowed) : "what it runs can't be told";

    // Null when what runs is allowed.
    private string? WhyNot(int process, ExecChain chain)
    {
        ExecutedImage image = ExecutedImage.Read(process);
        if (image.Name is { } name && name != chain.Name)
            return $"{Quoted(name)} was executed";
        if (image.Difference(chain) is not { } difference)
            return WhyNotByHash(process, chain);

        // The same name and argv, but another file by now: what runs is judged.
        if (chain.IsDirect && HeldObject.FindExecuted(process, chain.First.Path) is { } executed && IsAllowed(process, image, executed, chain) is { } allowed)
            return allowed ? null : difference;
        string given = chain.Name;
        for (int tries = 0; tries < MostTries && given.Length is > 0 and < Files.PathMax; tries++)
        {
            byte[] path = [.. TargetText.ToBytes(given), 0];
            if (HeldObject.Find(process, credentials, Files.AT_FDCWD, path.AsSpan(0, path.Length - 1), given, followLast: true, out HeldObject first) != 0)
                return difference;
            if (IsAllowed(process, image, first, chain) is { } verdict)
                return verdict ? null : difference;
        }

        return difference;
    }

    // Null when that isn't what runs either.
    private bool? IsAllowed(int process, ExecutedImage image, HeldObject first, ExecChain chain)
    {
        ExecChain now = ExecChain.Read(process, credentials, first, chain.Name, chain.Arguments);
        bool isThat = image.Difference(now) is null;
        CallView[] views = [.. now.Views.Select(v => new CallView(Operation.Exec, "exec", v))];
        if (hashes is not null)
            now.AddHashes(hashes, views);
        now.LetGo();
        if (!isThat)
            return null;
        string? hash = hashes?.OfRunning(process);
        return !(hashes is not null && hash is null) && IsAllowed(now, views, hash);
    }

    // While a file runs nobody can write it, from here on (but on kernels 6.11 and 6.12).
    private string? WhyNotByHash(int process, ExecChain chain)
    {
        if (hashes is null || chain.IndexOfFinal < 0)
            return null;
        if (hashes.OfRunning(process) is not { } hash)
            return "what it contains can't be told";
        return hash == _call.Views[chain.IndexOfFinal].Sha256 || IsAllowed(chain, _call.Views, hash)
            ? null : "the file was changed before it was executed";
    }

    private bool IsAllowed(ExecChain chain, CallView[] views, string? hash)
    {
        CallView[] seen = [.. views];
        if (hashes is not null && chain.IndexOfFinal >= 0)
            seen[chain.IndexOfFinal] = seen[chain.IndexOfFinal] with { Sha256 = hash };
        return IsAllowed(seen);
    }

    private bool IsAllowed(CallView[] views) => _judge(new Call { ThreadId = _call.ThreadId, Syscall = _call.Syscall, Views = views, Facts = _call.Facts }).Allowed;

    private static string Quoted(string text)
    {
        System.Text.StringBuilder quoted = new();
        CallText.AppendEscaped(quoted, text);
        return $"'{quoted}'";
    }
}
