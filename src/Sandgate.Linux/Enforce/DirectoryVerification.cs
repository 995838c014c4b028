using Sandgate.Core;
using Sandgate.Core.Decide;
using Sandgate.Core.Decode;
using Sandgate.Core.Trap;
using Sandgate.Linux.Decode;
using Sandgate.Linux.Interop;
using Sandgate.Linux.Trap;

namespace Sandgate.Linux.Enforce;

/// <summary>A chdir, fchdir or chroot that only the kernel can do: where the thread is afterwards is compared with what was judged.</summary>
internal sealed class DirectoryVerification(Escort escort, HeldObject judged, bool isRoot) : IVerification
{
    // Threads can share a directory: what one of them did must be looked at before the next does something else.
    private static readonly Lock s_oneAfterTheOther = new();

    private Call _call = null!;
    private Func<Call, Verdict> _judge = null!;

    /// <inheritdoc/>
    public void Expect(Call call, Func<Call, Verdict> judge) => (_call, _judge) = (call, judge);

    /// <inheritdoc/>
    public Outcome Carry(Stop stop)
    {
        SeccompStop own = (SeccompStop)stop;
        lock (s_oneAfterTheOther)
        {
            switch (escort.Through(own, out int held))
            {
                case Passage.Refused:
                    return escort.Refuse(own, _call);
                case Passage.Gone:
                    return Outcome.Vanished;
                case Passage.Returned when WhyNot(held, judged) is { } why && Escort.IsHeld(held):
                    escort.Kill(held, $"{CallText.Render(_call.Main, PathForm.Resolved)} was judged, but {why}");
                    return Outcome.Killed;
                default:
                    Escort.Release(held);
                    return Outcome.Continued;
            }
        }
    }

    private string? WhyNot(int thread, HeldObject expected)
    {
        // What failed changed nothing.
        if (Ptrace.GetRegisters(thread, out Ptrace.Registers registers) != 0 || registers.Rax != 0)
            return null;
        Span<byte> link = stackalloc byte[ProcPath.Room];
        new ProcPath(link).Add("/proc/"u8).Add(thread).Add(isRoot ? "/root"u8 : "/cwd"u8);
        if (expected.IsBehind(link))
            return null;

        // Another directory has that name by now; or another thread has changed it since, which was judged, too.
        string? real = (isRoot ? ProcessFacts.RootOf(thread) : ProcessFacts.DirectoryOf(thread)) is { } name && !name.StartsWith("(unreachable)", StringComparison.Ordinal) ? name : null;
        Call call = new()
        {
            ThreadId = thread,
            Syscall = _call.Syscall,
            Views = [.. _call.Views.Select(v => v with { Arguments = [real is null ? Argument.Unreadable : Argument.FromPath(real, real), .. v.Arguments.Skip(1)] })],
            Facts = _call.Facts,
        };
        return _judge(call).Allowed ? null : $"'{real}' became the {(isRoot ? "root" : "working")} directory";
    }
}
