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
    public static IEnumerable<IMechanism> Of(Confinement asked, string directory)
    {
        Isolation isolation = asked.Isolation;
        if (isolation.IsEmpty)
            yield break;
        IMechanism[] namespaces = [.. NamespaceParts.Of(isolation, directory)];
        foreach (IMechanism part in namespaces)
            yield return part;
        UserNamespace? user = namespaces.OfType<UserNamespace>().FirstOrDefault();
        if (isolation.Umask is { } mask)
            yield return new CreationMask(mask);
        yield return new Capabilities(isolation.Capabilities ?? [], () => user is { IsGone: false });
        if (!isolation.Code.IsEmpty)
            yield return new OnlyReadableCode();
        if (!isolation.Paths.IsEmpty)
            yield return new Landlock(isolation.Paths, asked.Demand, LandlockAbi.Probe(), isolation.Files);
    }
}
