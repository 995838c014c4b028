using Sandgate.Core.Trap;
using Sandgate.Linux.Decode;
using Sandgate.Linux.Interop;
using Sandgate.Linux.Trap;

namespace Sandgate.Linux.Enforce;

/// <summary>
/// An open that only the kernel can do as the program's own. What it opened is compared with what was judged before the program can use it.
/// </summary>
internal sealed class OpenVerification(Escort escort, HeldPath judged, bool isPath)
{
    private const int EPERM = 1;

    /// <summary>Lets the kernel do it.</summary>
    public Outcome Carry(SeccompStop stop)
    {
        switch (escort.Through(stop, out int held))
        {
            case Passage.Refused:
                return stop.Fail(EPERM);
            case Passage.Gone:
                return Outcome.Vanished;
            case Passage.Returned when Ptrace.GetRegisters(held, out Ptrace.Registers registers) == 0 && (long)registers.Rax >= 0 && !IsThat(held, (int)registers.Rax) && Escort.IsHeld(held):
                escort.Kill(held, $"'{judged.RealName}' was judged, but another file was opened");
                return Outcome.Killed;
            default:
                Escort.Release(held);
                return Outcome.Continued;
        }
    }

    private bool IsThat(int thread, int descriptor)
    {
        Span<byte> link = stackalloc byte[ProcPath.Room];
        new ProcPath(link).Add("/proc/"u8).Add(thread).Add("/fd/"u8).Add(descriptor);
        int found = Files.OpenAt2(Files.AT_FDCWD, link, Files.O_PATH | Files.O_CLOEXEC, 0, mayBlock: true);
        if (found < 0)
            return false;
        bool same = Files.Stat(found, out FileIdentity identity) && identity.IsSameFile(judged.Identity);

        // Each namespace has files of its own under the same names there.
        if (!same && judged.RealName is { } name && name.StartsWith("/proc/sys/", StringComparison.Ordinal))
            same = HeldObject.NameOf(found, thread) == name;
        Files.Close(found);

        // A descriptor without rights may be of any file; that it has none is what counts.
        return isPath ? ProcessFacts.IsOpenAsPath(thread, descriptor) : same;
    }
}
