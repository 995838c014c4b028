using Sandgate.Core;
using Sandgate.Core.Decide;
using Sandgate.Core.Decide.Language;
using Sandgate.Core.Decode;
using Sandgate.Core.ProgramChannel;
using Sandgate.Linux.Decode;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.ProgramChannel;

/// <summary>Judges what a process asks about as its own call would be judged. One judge serves one thread.</summary>
internal sealed class CallJudge(Func<Policy> policy, ICatalogue catalogue, TargetRoots roots)
{
    private readonly PathResolver _resolver = new(roots);
    private readonly ReaderContext _context = new("/", null, _ => null, catalogue);

    /// <summary>The verdict.</summary>
    /// <exception cref="PatternException">The text is no call.</exception>
    public Verdict Judge(int process, string text)
    {
        AskerPaths paths = new(process, _resolver);
        Call call = new CallReader(_context, paths).Read(text, FactReader.OfProcess(process));
        return CallQuestion.Judge(policy(), catalogue, Whole(process, call));
    }

    // What the text names may lead to more: a script to its interpreter, a file of /proc to another process's memory.
    private Call Whole(int process, Call call)
    {
        Argument file = call.Main.Arguments is [var first, ..] ? first : Argument.Unreadable;
        if (call.Main.Operation == Operation.Open && ProcessMemory.Of(file.Resolved) is { } owner)
            return With(call, [.. call.Views, new(Operation.Ptrace, "ptrace", [Argument.FromNumber(owner), Argument.FromText("mem")])]);
        if (call.Main.Operation != Operation.Exec || file is not { Kind: ArgumentKind.Path, Given: { Length: > 0 } given })
            return call;
        byte[] path = [.. TargetText.ToBytes(given), 0];
        if (call.CertainErrno != 0 || HeldObject.Find(process, roots.Credentials, Files.AT_FDCWD, path.AsSpan(0, path.Length - 1), given, followLast: true, out HeldObject found) != 0)
            return call;
        ExecChain chain = ExecChain.Read(process, roots.Credentials, found, given, call.Main.Arguments[1..]);
        CallView[] views = [.. chain.Views.Select(v => new CallView(Operation.Exec, "exec", v))];
        chain.LetGo();
        return With(call, views);
    }

    private static Call With(Call call, CallView[] views) =>
        new() { ThreadId = call.ThreadId, Syscall = call.Syscall, Views = views, CertainErrno = call.CertainErrno, Facts = call.Facts, IsQuestion = true };
}
