using Sandgate.Core.Decide;

namespace Sandgate.Core.Trap;

/// <summary>
/// One thread, held at a system call until it is answered, exactly once. A stop that is disposed
/// of without an answer is denied.
/// </summary>
public abstract class Stop : IDisposable
{
    /// <summary>The thread's id in the supervisor's process namespace.</summary>
    public abstract int ThreadId { get; }

    /// <summary>The system call's number in the engine's own table.</summary>
    public abstract int Number { get; }

    /// <summary>The value of an argument register, 0 to 5.</summary>
    public abstract ulong Register(int index);

    /// <summary>Where the thread's next instruction is: an address that is certainly mapped.</summary>
    public abstract ulong InstructionPointer { get; }

    /// <summary>True while the thread is still held; ask after reading its memory, because a thread id can be used again.</summary>
    public abstract bool IsHeld { get; }

    /// <summary>True when nobody waits for an answer any more: understanding the call took the thread out of it, and it makes the call again.</summary>
    public virtual bool IsAnswered => false;

    /// <summary>When it came, as a time stamp of the session's clock; 0 when nobody wants to know.</summary>
    public long Since { get; set; }

    /// <summary>When somebody began to understand it, likewise.</summary>
    public long Begun { get; set; }

    /// <summary>Carries out the verdict. May be called from any thread, once.</summary>
    public abstract Outcome Answer(Call call, Verdict verdict);

    /// <summary>This stop, free of the loop's own buffers, so that a worker can answer it later.</summary>
    public abstract Stop Park();

    /// <inheritdoc/>
    public abstract void Dispose();
}

/// <summary>What became of a stopped call.</summary>
public enum Outcome : byte
{
    /// <summary>The kernel went on with the call.</summary>
    Continued,

    /// <summary>The call failed with the verdict's errno and did nothing.</summary>
    Denied,

    /// <summary>The call can only fail; it was answered with that errno.</summary>
    Failed,

    /// <summary>The supervisor did the call itself and answered with its result.</summary>
    Emulated,

    /// <summary>The program's thread was gone before the answer.</summary>
    Vanished,

    /// <summary>The kernel had gone on with something else than what was judged; the program was killed before it could use that.</summary>
    Killed,

    /// <summary>
    /// Nothing was done and nothing answered: what was judged is no longer what the call means (another process put a link
    /// where there was nothing). The call is to be understood and judged anew.
    /// </summary>
    Changed,
}

/// <summary>A call that the supervisor carries out itself, on the very objects and copies that were judged.</summary>
public interface IEmulation
{
    /// <summary>Does it and answers the stop, exactly once, unless the outcome is <see cref="Outcome.Changed"/>.</summary>
    Outcome Carry(Stop stop);

    /// <summary>Lets go of what it holds: the call isn't carried out.</summary>
    void Release()
    {
    }
}

/// <summary>
/// A call that only the kernel can do for the program: the kernel goes on with it, and the supervisor looks at what it did before
/// the program runs its next instruction.
/// </summary>
public interface IVerification : IEmulation
{
    /// <summary>Told before the call is carried out.</summary>
    /// <param name="call">What was judged.</param>
    /// <param name="judge">The rules, for what turns out to be something else.</param>
    void Expect(Call call, Func<Call, Verdict> judge);
}
