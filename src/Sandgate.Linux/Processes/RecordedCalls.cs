using Sandgate.Core.Decode;
using Sandgate.Linux.Decode.Names;
using Sandgate.Linux.Decode;

namespace Sandgate.Linux.Processes;

/// <summary>The calls that stop for a record's sake though no rule needs them: what tells processes and connections, and the names of addresses.</summary>
internal static class RecordedCalls
{
    /// <summary>True for such a call.</summary>
    public static bool Include(SyscallShape shape) =>
        shape.Name is "execve" or "execveat" or "exit_group" || IsAsked(shape.Name) || shape.Operations.Contains(Operation.Connect);

    // Plain reads and writes don't stop for that: a program that asks by these has connections without names.
    private static bool IsAsked(string name)
    {
        foreach (int number in NameLearner.Calls)
        {
            if (Signatures.X64[number]?.Name == name)
                return true;
        }

        return false;
    }
}
