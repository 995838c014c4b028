using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Trap;

/// <summary>
/// The file that the kernel writes where a program crashes (core(5)), whatever rules say of opening files. It does so as soon as a program raises its limit, which
/// is usually 0; where rules may refuse opens, it stays 0.
/// </summary>
internal static class CoreDumps
{
    private const int EPERM = 1;
    private const uint RLIMIT_CORE = 4;

    /// <summary>True when programs start with another limit than 0.</summary>
    public static bool AreOn { get; } = Read();

    /// <summary>
    /// Adds the cases of a call. Setting the limit succeeds and does nothing: programs that turn dumps off (gpg, ssh-agent) end if they can't, and they are off. Who
    /// asks for the old limit in the same call is refused, as nobody would write it down.
    /// </summary>
    public static void AddCases(List<FilterCase> own, int number)
    {
        switch (number)
        {
            case SyscallNumbers.setrlimit:
                own.Add(new([ArgumentTest.Is(0, RLIMIT_CORE)], FilterAction.Fail(0)));
                break;
            case SyscallNumbers.prlimit64:
                // A pointer is there when either half of it is not 0.
                foreach (bool high in (ReadOnlySpan<bool>)[false, true])
                {
                    ArgumentTest sets = new(2, uint.MaxValue, 0, Equal: false, High: high);
                    own.Add(new([ArgumentTest.Is(1, RLIMIT_CORE), sets, .. ArgumentTest.IsWhole(3, 0)], FilterAction.Fail(0)));
                    own.Add(new([ArgumentTest.Is(1, RLIMIT_CORE), sets], FilterAction.Fail(EPERM)));
                }

                break;
        }
    }

    private static unsafe bool Read()
    {
        ulong* limits = stackalloc ulong[2];

        // SAFETY: struct rlimit64 is two words; they live on this stack for the whole call.
        return Libc.Call(SyscallNumbers.prlimit64, 0, RLIMIT_CORE, 0, (long)limits) == 0 && limits[0] != 0;
    }
}
