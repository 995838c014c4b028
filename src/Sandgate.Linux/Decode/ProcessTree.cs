namespace Sandgate.Linux.Decode;

/// <summary>
/// The processes that the supervisor is responsible for: what it started, and what descends from that. Whoever loses its parent gets the supervisor for
/// one (PR_SET_CHILD_SUBREAPER), or process 1 of a PID namespace below it.
/// </summary>
internal static class ProcessTree
{
    private const int MostAncestors = 4096;

    /// <summary>True for a process of the tree, and for the supervisor at its root, which rules of its own are about; false also for one that is gone.</summary>
    public static bool Holds(int process)
    {
        for (int i = 0; i < MostAncestors && process > 0; i++)
        {
            if (process == Environment.ProcessId)
                return true;
            process = ProcessFacts.ParentOf(process);
        }

        return false;
    }
}
