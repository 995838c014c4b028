using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Trap;

/// <summary>
/// Signals that nobody sends by kill(2): limits that end another process (on its processor time, its stack, its files); a command of a terminal's other end; a child that ends. Signals that a
/// debugger hands on are rules' on <c>ptrace</c>.
/// </summary>
internal static class OtherWaysToSignal
{
    private const int EPERM = 1;
    private const uint TIOCSIG = 0x40045436;

    // A new process's flags say which signal its parent gets when it ends (clone(2), CSIGNAL): SIGCHLD (17), or none.
    private const uint OthersThanSigchld = 0xee, FirstOfSigchld = 0x01, SecondOfSigchld = 0x10;

    /// <summary>Adds the case of a call.</summary>
    public static void AddCases(List<FilterCase> own, int number)
    {
        if (number == SyscallNumbers.ioctl)
            own.Add(new([ArgumentTest.Is(1, TIOCSIG)], FilterAction.Fail(EPERM)));
        else if (number == SyscallNumbers.clone)
        {
            own.Add(new([ArgumentTest.HasAny(0, OthersThanSigchld)], FilterAction.Fail(EPERM)));
            own.Add(new([ArgumentTest.HasAny(0, FirstOfSigchld), ArgumentTest.HasNone(0, SecondOfSigchld)], FilterAction.Fail(EPERM)));
            own.Add(new([ArgumentTest.HasAny(0, SecondOfSigchld), ArgumentTest.HasNone(0, FirstOfSigchld)], FilterAction.Fail(EPERM)));
        }
        else if (number == SyscallNumbers.prlimit64)
        {
            own.Add(new([ArgumentTest.HasAny(0, uint.MaxValue), ArgumentTest.HasAny(2, uint.MaxValue)], FilterAction.Fail(EPERM)));
            own.Add(new([ArgumentTest.HasAny(0, uint.MaxValue), ArgumentTest.HasAny(2, uint.MaxValue) with { High = true }], FilterAction.Fail(EPERM)));
        }
    }
}
