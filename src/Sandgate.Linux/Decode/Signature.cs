using Sandgate.Core.Decode;

namespace Sandgate.Linux.Decode;

/// <summary>What one system call asks for: its families and the meaning of each argument.</summary>
/// <param name="Name">The kernel's name.</param>
/// <param name="Operations">The families it asks for, the main one first; empty when it has none.</param>
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
}
