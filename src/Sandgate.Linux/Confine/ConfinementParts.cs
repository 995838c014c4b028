using Sandgate.Core.Confine;
using Sandgate.Linux.Confine.Unshare;

namespace Sandgate.Linux.Confine;

/// <summary>Which mechanisms a run asks for.</summary>
internal static class ConfinementParts
{
    /// <summary>
    /// They stand in the order in which the child does them to itself: limits while it still has its rights and sees the host's files,
    /// then namespaces and what they show, then the rights themselves, then what no one can loosen again.
    /// </summary>
    /// <param name="asked">What the run asks for.</param>
    /// <param name="directory">Where the program begins.</param>
    public static IEnumerable<IMechanism> Of(Confinement asked, string directory) => NamespaceParts.Of(asked.Isolation, directory);
}
