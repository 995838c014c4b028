using Sandgate.Core.Decode;

namespace Sandgate.Linux.Decode;

/// <summary>What one system call asks for: its families and the meaning of each argument.</summary>
/// <param name="Name">The kernel's name.</param>
/// <param name="Operations">
/// The families it can ask for, the main one first; empty when it has none. Some are asked only
/// when the arguments say so: <see cref="Operation.Truncate"/> by an opening call when its flags
/// truncate, <see cref="Operation.Connect"/> by a sending call when it is given an address,
/// <see cref="Operation.Ptrace"/> by prlimit64 when it means another process.
/// </param>
/// <param name="Roles">One role for each argument.</param>
internal sealed record Signature(string Name, Operation[] Operations, Role[] Roles)
{
    /// <summary>A call of one family.</summary>
    public Signature(string name, Operation operation, params Role[] roles)
        : this(name, [operation], roles)
    {
    }

    /// <summary>A call without a family.</summary>
    public Signature(string name, params Role[] roles)
        : this(name, [], roles)
    {
    }

    /// <summary>
    /// The flags that a call of the families open and fork means without having an argument for
    /// them (creat, acct, vfork); when both are there, they are added to the argument.
    /// </summary>
    public uint ImpliedFlags { get; init; }

    /// <summary>The arguments of which the kernel looks at 32 bits, a bit for each; of those in both, at 16 (umode_t).</summary>
    public byte Words { get; init; }

    /// <inheritdoc cref="Words"/>
    public byte HalfWords { get; init; }

    /// <summary>What the kernel sees of a register, which a program may fill with what it likes above that.</summary>
    public ulong Seen(int argument, ulong register) =>
        (Words >> argument & 1) == 0 ? register : (HalfWords >> argument & 1) == 0 ? (uint)register : (ushort)register;
}
