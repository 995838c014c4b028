using Sandgate.Core.Trap;
using Sandgate.Linux.Decode;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Enforce;

/// <summary>
/// F_SETOWN of fcntl(2), and O_ASYNC: who gets the signals of a file, which can be any signal (F_SETSIG). A program may name itself; to name others is to signal them,
/// which no rule on <c>kill</c> would see. A terminal that is to send signals takes its foreground group for an owner, and the supervisor is in it.
/// </summary>
internal static class SignalOwner
{
    private const int ENOENT = 2;
    private const int F_SETFL = 4, F_SETOWN = 8;
    private const uint O_ASYNC = 0x2000, FIOASYNC = 0x5452;

    /// <summary>A refusal for others, by the number of any of their threads, and for terminals; null for the process itself.</summary>
    /// <remarks>
    /// Who has the number now is who gets the signals: the kernel holds on to him. Which file has a descriptor's number another thread can change.
    /// </remarks>
    public static IEmulation? For(Stop stop)
    {
        uint command = (uint)stop.Register(1);
        bool refused = stop.Number == SyscallNumbers.ioctl ? command == FIOASYNC && IsTerminal(stop)
            : command == F_SETFL ? (stop.Register(2) & O_ASYNC) != 0 && IsTerminal(stop)
            : command == F_SETOWN && (int)stop.Register(2) != 0 && !IsOwn(stop.ThreadId, (int)stop.Register(2));
        return refused ? Refusal.ByPermission : null;
    }

    private static bool IsTerminal(Stop stop)
    {
        Span<byte> link = stackalloc byte[ProcPath.Room];
        new ProcPath(link).Add("/proc/"u8).Add(stop.ThreadId).Add("/fd/"u8).Add((int)stop.Register(0));
        int found = Files.OpenAt2(Files.AT_FDCWD, link, Files.O_PATH | Files.O_CLOEXEC, 0, mayBlock: false);

        // A number without a file fails by itself; what can't be looked at may be one.
        if (found < 0)
            return found != -ENOENT;
        bool terminal = !Files.Stat(found, out FileIdentity file) || SlowFiles.IsTerminal(file);
        Files.Close(found);
        return terminal;
    }

    private static bool IsOwn(int thread, int owner) =>
        owner == ProcessFacts.InnerIdsOf(thread).Process || (owner > 0 && ProcessFacts.SharesPids(thread) && ProcessFacts.ProcessOf(owner) == ProcessFacts.ProcessOf(thread));
}
