namespace Sandgate.Core.Decode;

/// <summary>One system call as far as rules must know it before any call happens.</summary>
/// <param name="Name">The kernel's name.</param>
/// <param name="Operations">The families that the call can ask for; empty when it has none.</param>
/// <param name="HasText">
/// True when an argument is free text (a path, data, an address), so that a regular expression
/// over the call's text could match anything; false when the text is made of numbers and <paramref name="Words"/> only.
/// </param>
/// <param name="WordsInMemory">True when the words themselves stand in the program's memory and not in registers (openat2, clone3).</param>
/// <param name="ByDescriptor">True when the process that rules see stands behind a descriptor (pidfd_open(2)): the register has only its number.</param>
/// <param name="MayBeLast">
/// True when only what the call finds tells whether it is one of its last family: a file under the name that rename(2) gives, which is deleted; a socket without
/// an address, which listen(2) binds.
/// </param>
/// <param name="Words">Every word that can stand in the text of a call without free text: flag names, signal names, kinds.</param>
/// <param name="IsEmulated">
/// True when a call that a rule restricts by what stands in memory is done by the supervisor on what was judged, or refused; false
/// when the kernel reads that memory again.
/// </param>
/// <param name="IsVerified">True when such a call is left to the kernel after all, and what it did is looked at before the program can use it.</param>
public sealed record SyscallShape(
    string Name, Operation[] Operations, bool HasText, IReadOnlyList<string> Words, bool WordsInMemory = false, bool IsEmulated = false, bool IsVerified = false, bool ByDescriptor = false,
    bool MayBeLast = false);

/// <summary>An argument of a system call, for people.</summary>
/// <param name="Name">The kernel's name.</param>
/// <param name="Meaning">What rules see of it.</param>
public sealed record SyscallArgument(string Name, string Meaning);

/// <summary>The system calls that an engine can stop.</summary>
public interface ICatalogue
{
    /// <summary>Every system call of this platform.</summary>
    IReadOnlyList<SyscallShape> Syscalls { get; }

    /// <summary>One more than the highest number of a system call.</summary>
    int Count { get; }

    /// <summary>The system call with a number below <see cref="Count"/>; null where the platform has none.</summary>
    SyscallShape? ShapeOf(int number);

    /// <summary>The arguments of the system call with a number that <see cref="ShapeOf"/> knows.</summary>
    IReadOnlyList<SyscallArgument> ArgumentsOf(int number);
}
