using Sandgate.Core.Decode;
using Sandgate.Core.Trap;

namespace Sandgate.Core;

/// <summary>
/// One system call, understood. A call asks for one or more operations: <c>open</c> with
/// truncation also asks <c>truncate</c>, <c>copy_file_range</c> asks <c>read</c> and <c>write</c>.
/// Each of them is a <see cref="CallView"/>, and every one must be allowed.
/// </summary>
public sealed class Call
{
    /// <summary>The thread that made the call, as the supervisor's process namespace numbers it.</summary>
    public required int ThreadId { get; init; }

    /// <summary>The kernel's name of the system call, such as <c>openat</c>.</summary>
    public required string Syscall { get; init; }

    /// <summary>What the call asks for, its main operation first. Never empty.</summary>
    public required CallView[] Views { get; init; }

    /// <summary>
    /// When not zero: the kernel can only fail this call, with this errno (a descriptor that is not
    /// open, a pointer that leads nowhere). The engine answers so itself, because to let the call
    /// go on would leave time for another thread to make it succeed, unjudged.
    /// </summary>
    public int CertainErrno { get; init; }

    /// <summary>
    /// How the supervisor does the call itself; null when the kernel goes on with it. It holds what
    /// was judged until its decoder decodes the next call.
    /// </summary>
    public IEmulation? Emulation { get; init; }

    /// <summary>What is known beyond the arguments; null when nothing was asked for.</summary>
    public CallFacts? Facts { get; init; }

    /// <summary>The names that the call gives to what has names already; null when nobody asked, or when they are the main view's arguments.</summary>
    public IReadOnlyList<NewName>? NewNames { get; init; }

    /// <summary>True for a call that nobody makes: somebody wants to know what would be. Scripts, which may remember what they see, don't see it.</summary>
    public bool IsQuestion { get; init; }

    /// <summary>What follows for the supervisor if the call is let go on, or carried out; to be run just before.</summary>
    public Action? WhenContinued { get; init; }

    /// <summary>The main operation's view.</summary>
    public CallView Main => Views[0];

    /// <summary>The main view's text with every path as the program gave it.</summary>
    public override string ToString() => CallText.Render(Main, PathForm.Given);
}

/// <summary>One operation that a call asks for, with its arguments in the order that rules know.</summary>
/// <param name="Operation">The operation (family), or <see cref="Operation.Syscall"/> for the kernel's own view of a call.</param>
/// <param name="Name">The operation's name as printed: <c>open</c>, or the kernel's name.</param>
/// <param name="Arguments">The arguments.</param>
public sealed record CallView(Operation Operation, string Name, Argument[] Arguments)
{
    /// <summary>The SHA-256 of this view's own file, where a call has several (a script and its interpreter); null when the call's counts.</summary>
    public string? Sha256 { get; init; }

    /// <summary>True when the view is about the memory, registers, limits or descriptors of a process that is none of the tree's.</summary>
    public bool IsOutside { get; init; }
}
