using Sandgate.Core;
using Sandgate.Core.Decide;
using Sandgate.Core.Decode;
using Sandgate.Core.Trap;
using Sandgate.Linux.Decode;
using Sandgate.Linux.Interop;
using Sandgate.Linux.Trap;

namespace Sandgate.Linux.Enforce;

/// <summary>
/// An mmap(2) of a file as code. Another thread can put another file under the descriptor's number after it was judged, so what was mapped is looked at
/// before the calling thread goes on. The process's other threads are not held: what they run of it by then ends with them, but they can also hide it by then
/// (move it, or start a process that has it, too), so this is no wall against several threads.
/// </summary>
internal sealed class MapVerification(Escort escort) : IVerification
{
    private const int FileOfMapping = 4;

    private Call _call = null!;
    private Func<Call, Verdict> _judge = null!;

    /// <inheritdoc/>
    public void Expect(Call call, Func<Call, Verdict> judge) => (_call, _judge) = (call, judge);

    /// <inheritdoc/>
    public Outcome Carry(Stop stop)
    {
        SeccompStop own = (SeccompStop)stop;
        string? hash = _call.Views[^1].Sha256;
        ulong? inode = hash is null ? null : CodeMapping.InodeOf(stop.ThreadId, (int)stop.Register(FileOfMapping));
        switch (escort.Through(own, out int held))
        {
            case Passage.Refused:
                return escort.Refuse(own, _call);
            case Passage.Gone:
                return Outcome.Vanished;
            case Passage.Returned when WhyNot(held, inode) is { } why && Escort.IsHeld(held):
                escort.Kill(held, $"{CallText.Render(_call.Views[^1], PathForm.Resolved)} was judged, but {why}");
                return Outcome.Killed;
            default:
                Escort.Release(held);
                return Outcome.Continued;
        }
    }

    // What failed mapped nothing.
    private string? WhyNot(int thread, ulong? inode)
    {
        if (Ptrace.GetRegisters(thread, out Ptrace.Registers registers) != 0 || (long)registers.Rax is < 0 and > -4096)
            return null;
        if (CodeMapping.Within(thread, registers.Rax, registers.Rsi) is not { Count: > 0 } all)
            return "what was mapped can't be told";
        return all.Select(mapped => WhyNot(mapped, inode)).FirstOrDefault(why => why is not null);
    }

    private string? WhyNot(CodeMapping mapped, ulong? inode)
    {
        CallView judged = _call.Views[^1];
        if (mapped.Name == judged.Arguments[FileOfMapping].Resolved && (inode is null || inode == mapped.Inode))
            return null;

        // Another file by now, of which the rules may think as well of. Its hash nobody knows.
        Argument[] arguments = [.. judged.Arguments];
        arguments[FileOfMapping] = Argument.FromDescriptor(mapped.Name);
        CallView[] views = [.. _call.Views.SkipLast(1), judged with { Arguments = arguments, Sha256 = null }];
        return _judge(new Call { ThreadId = _call.ThreadId, Syscall = _call.Syscall, Views = views, Facts = _call.Facts }).Allowed
            ? null : $"'{mapped.Name}' was mapped";
    }

    /// <inheritdoc/>
    public void Release()
    {
    }
}
