using Sandgate.Core;
using Sandgate.Core.Decide;
using Sandgate.Core.Decode;
using Sandgate.Core.Record;
using Sandgate.Core.Trap;
using Sandgate.Linux.Decode;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Launch;

/// <summary>The user's own command is judged like every other program that runs here, before anything is started.</summary>
internal static class FirstExec
{
    /// <summary>Judges it; a denial is recorded.</summary>
    public static bool IsDenied(Policy policy, Recorder recorder, TargetRoots roots, string file, IReadOnlyList<byte[]> arguments)
    {
        PathResolver resolver = new(roots);
        byte[] path = [.. TargetText.ToBytes(file), 0];
        resolver.Resolve(Environment.ProcessId, Files.AT_FDCWD, path.AsSpan(0, path.Length - 1), file, followLast: true, mayBlock: true);
        Argument[] shown = new Argument[arguments.Count + 1];
        shown[0] = Argument.FromPath(file, resolver.Resolved, resolver.Entry);
        for (int i = 0; i < arguments.Count; i++)
            shown[i + 1] = Argument.FromText(TargetText.FromBytes(arguments[i]));
        CallView view = new(Operation.Exec, "exec", shown);
        Call call = new() { ThreadId = Environment.ProcessId, Syscall = "execve", Views = [view] };
        Verdict verdict = policy.Decide(call);
        if (recorder.Wants(verdict))
        {
            string text = CallText.Render(view, PathForm.Given), resolved = CallText.Render(view, PathForm.Resolved);
            recorder.Record(new CallEvent
            {
                Time = TimeProvider.System.GetUtcNow(),
                ProcessId = Environment.ProcessId,
                ThreadId = Environment.ProcessId,
                Name = "sandgate",
                Syscall = call.Syscall,
                Text = text,
                Resolved = resolved == text ? null : resolved,
                Verdict = verdict,
                Binding = Binding.Register,
                Outcome = verdict.Allowed ? Outcome.Continued : Outcome.Denied,
            }, told: 0);
        }

        return !verdict.Allowed;
    }
}
