using Sandgate.Core;
using Sandgate.Core.Decide;
using Sandgate.Core.Decode;
using Sandgate.Linux.Decode;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Trap;

/// <summary>
/// Opens that the flags in their registers settle as allowed, whatever file they mean: the kernel lets
/// them pass by itself. Most opens only read, and most rules on opens are about writing.
/// </summary>
internal static class SettledOpens
{
    private const uint O_WRONLY = 1, O_RDWR = 2, O_CREAT = 0x40, O_TRUNC = 0x200, O_APPEND = 0x400, __O_TMPFILE = 0x400000;

    // An open with one of these can change something and always stops.
    private const uint Changing = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | O_APPEND | __O_TMPFILE;

    // O_EXCL, O_DIRECTORY, O_NOFOLLOW, O_PATH: what else a mode shows. All other flags it doesn't (OpenMode).
    private static readonly uint[] s_others = [0x80, 0x10000, 0x20000, 0x200000];

    /// <summary>Which register holds the flags; -1 for every other call.</summary>
    public static int FlagsOf(int number) => number switch
    {
        SyscallNumbers.open => 1,
        SyscallNumbers.openat => 2,
        _ => -1,
    };

    /// <summary>The flags of which an open must have one to stop; 0 when all must stop.</summary>
    public static uint StoppingFlags(Policy policy, SyscallShape shape)
    {
        if (!Passes(policy, shape, 0))
            return 0;
        uint stopping = Changing;
        foreach (uint flag in s_others)
        {
            if (!Passes(policy, shape, flag))
                stopping |= flag;
        }

        return AllPass(policy, shape, stopping) ? stopping : Changing | s_others[0] | s_others[1] | s_others[2] | s_others[3];
    }

    /// <summary>Whether the policy allows every open that has none of these flags.</summary>
    public static bool AllPass(Policy policy, SyscallShape shape, uint stopping)
    {
        for (int set = 0; set < 1 << s_others.Length; set++)
        {
            uint flags = 0;
            for (int i = 0; i < s_others.Length; i++)
                flags |= (set >> i & 1) != 0 ? s_others[i] : 0;
            if ((flags & stopping) == 0 && !Passes(policy, shape, flags))
                return false;
        }

        return true;
    }

    private static bool Passes(Policy policy, SyscallShape shape, uint flags) => policy.IsSettled(shape, new Call
    {
        ThreadId = 0,
        Syscall = shape.Name,
        Views = [new CallView(Operation.Open, "open", [Argument.Unreadable, Argument.FromText(OpenMode.Render(flags))])],
    });
}
