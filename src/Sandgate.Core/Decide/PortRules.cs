using Sandgate.Core.Confine;
using Sandgate.Core.Decide.Conditions;
using Sandgate.Core.Decide.Fields;
using Sandgate.Core.Decode;

namespace Sandgate.Core.Decide;

/// <summary>What <c>isolation.ports</c> comes to as rules above all others, where the kernel's own list leaves a way.</summary>
internal static class PortRules
{
    private const int AnyPort = 0;

    /// <summary>The rules; none when nothing is restricted.</summary>
    /// <remarks>listen(2) gives a socket without an address some port, and Landlock isn't asked (security/landlock/net.c).</remarks>
    public static IEnumerable<Rule> Of(KernelPaths lists) => lists.Bind is not { } ports || ports.Contains(AnyPort) ? [] :
    [
        new()
        {
            Scope = new(Operation.Bind, null),
            When = new FieldTest(FieldCatalogue.Of(Field.Syscall), new OneOfTest([new TextItem("listen")])),
            Action = RuleAction.NotAllow,
            Text = "ports",
            Name = "isolation: ports",
            Note = "a socket that listens without an address gets a port that isn't in the list",
        },
    ];
}
