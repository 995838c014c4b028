using System.Collections.Immutable;
using Sandgate.Core.Confine;
using Sandgate.Linux.Launch;

namespace Sandgate.Linux.Confine.Mounts;

/// <summary>The mechanisms that make up which files a program finds, in the order in which they are done: what comes later lies above.</summary>
internal static class FileViewParts
{
    /// <summary>What all the others stand on.</summary>
    public const string OwnMounts = "own mounts";

    /// <summary>The mechanisms.</summary>
    /// <param name="view">What is asked for.</param>
    /// <param name="hasOwnPids">True when the program is in a PID namespace of its own.</param>
    /// <param name="hasOwnIds">True when it is in a user namespace of its own.</param>
    /// <param name="directory">Where the program begins.</param>
    public static IEnumerable<IMechanism> Of(FileSystemView view, bool hasOwnPids, bool hasOwnIds, string directory)
    {
        string? root = view.Overlay is { } layer ? OverlayLayer.MergedIn(layer) : view.Root;
        yield return new PlannedMechanism(OwnMounts, "what it mounts stays with it", ["namespace mount"], MountSteps.AddPrivate);
        if (view.Overlay is not null)
            yield return new OverlayLayer(view.Overlay, view.Root, hasOwnIds);
        if (view.Root is not null)
            yield return new PlannedMechanism("root", view.Root, view.Overlay is null ? [OwnMounts] : [OwnMounts, OverlayLayer.Mechanism], plan => RootSteps.AddRoot(plan, root!, isMounted: view.Overlay is not null));
        if (hasOwnPids)
            yield return new PlannedMechanism("fresh /proc", "shows its own processes only", [OwnMounts, "namespace pid"], plan => MountSteps.AddProc(plan, root ?? ""));
        if (root is not null)
            yield return new PlannedMechanism("pivot", "the old root is out of reach", [OwnMounts, view.Root is null ? OverlayLayer.Mechanism : "root"], plan => MountSteps.AddPivot(plan, root));
        if (!view.ReadOnly.IsEmpty)
            yield return new PathSet("read-only paths", view.ReadOnly, view.Root, AddReadOnly);
        if (view.PrivateTmp == true)
            yield return new PlannedMechanism("private /tmp", "an empty one in memory", [OwnMounts], plan => MountSteps.AddEmpty(plan, "/tmp", "mode=1777"));
        if (!view.Writable.IsEmpty)
            yield return new PathSet("writable paths", view.Writable, view.Root, AddWritable);
        if (!view.Hidden.IsEmpty)
            yield return new PathSet("hidden paths", view.Hidden, view.Root, AddHidden);

        // Where it stood before lies below the new mounts, and would be a way round them.
        yield return new PlannedMechanism("working directory", "as it is seen inside", [OwnMounts], plan => MountSteps.Enter(plan, view.Root is null ? directory : RootSteps.DirectoryIn(view.Root, directory)));
    }

    private static void AddReadOnly(LaunchPlan plan, string path, bool isDirectory)
    {
        if (path != "/")
            MountSteps.AddBind(plan, path, path);
        MountSteps.SetReadOnly(plan, path, true);
    }

    private static void AddWritable(LaunchPlan plan, string path, bool isDirectory)
    {
        MountSteps.AddBind(plan, path, path);
        MountSteps.SetReadOnly(plan, path, false);
    }

    private static void AddHidden(LaunchPlan plan, string path, bool isDirectory)
    {
        if (isDirectory)
            MountSteps.AddEmpty(plan, path, "mode=0000,size=0", isSealed: true);
        else
            MountSteps.AddBind(plan, "/dev/null", path);
    }
}
