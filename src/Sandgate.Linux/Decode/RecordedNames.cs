using Sandgate.Core;
using Sandgate.Core.Decode;
using Sandgate.Core.Record;

namespace Sandgate.Linux.Decode;

/// <summary>Which names a recorded call gave, as far as its record tells.</summary>
public static class RecordedNames
{
    private const ulong MNT_DETACH = 2, CLONE_NEWNS = 0x20000, RENAME_EXCHANGE = 2;
    private const int RenameFlags = 4;

    /// <summary>The names; null when the record doesn't tell. Of what was moved it doesn't tell whether it was a directory, nor what was in it: it may have been one with anything in it.</summary>
    public static IReadOnlyList<NewName>? Of(CallEvent recorded)
    {
        IReadOnlyList<ulong>? registers = recorded.Facts?.Registers;
        switch (recorded.Syscall)
        {
            case "clone" or "unshare":
                return registers is null ? null : (registers[0] & CLONE_NEWNS) == 0 ? [] : [NewName.Refused("a mount namespace of its own", 0)];
            case "umount2":
                return registers is null ? null : (registers[1] & MNT_DETACH) == 0 ? [] : [NewName.Refused("MNT_DETACH", 0)];
            case "rename" or "renameat" or "renameat2" or "link" or "linkat":
                break;
            default:
                return null;
        }

        if (recorded.Views is not [{ Operation: Operation.Rename or Operation.Link, Arguments: [{ Resolved: { } old }, { Resolved: { } given }, ..] } main, ..])
            return null;
        if (main.Operation == Operation.Link)
            return [new(old, given)];
        bool exchanges = recorded.Syscall == "renameat2" && (registers is null || (registers[RenameFlags] & RENAME_EXCHANGE) != 0);
        return exchanges ? [Moved(old, given), Moved(given, old)] : [Moved(old, given)];
    }

    private static NewName Moved(string old, string given) => new(old, given) { IsTree = true, Below = static () => null };
}
