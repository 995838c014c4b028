using Sandgate.Core.Trap;
using Sandgate.Linux.Decode;
using Sandgate.Linux.Interop;
using Sandgate.Linux.Trap;

namespace Sandgate.Linux.Enforce.Dumpable;

/// <summary>
/// An execve that no rule is about, but whose program may turn out to be <see cref="ClosedProgram">closed</see>: then nothing that rules do look at could be read any more.
/// </summary>
internal sealed class ExecOfClosed(Escort escort, TargetCredentials credentials) : IEmulation
{
    private const uint ReadableByAll = 0x124; // 0444

    /// <summary>
    /// False for a file that everybody may read, as nearly all programs are. Who swaps it afterwards gets a program of which nothing can be read, and which is refused
    /// what rules look at.
    /// </summary>
    public static bool MayBe(Stop stop, TargetRoots roots)
    {
        if (stop.Number == SyscallNumbers.execveat && (int)stop.Register(0) != Files.AT_FDCWD)
            return true;
        Span<byte> path = stackalloc byte[Files.PathMax];
        int length = TargetMemory.ReadString(stop.ThreadId, stop.Register(stop.Number == SyscallNumbers.execve ? 0 : 1), path);

        // What can't be read, the kernel will refuse.
        if (length <= 0)
            return false;
        if (roots.MayDiffer)
            return true;
        int directory = Files.AT_FDCWD;
        if (path[0] != (byte)'/')
        {
            Span<byte> link = stackalloc byte[ProcPath.Room];
            new ProcPath(link).Add("/proc/"u8).Add(stop.ThreadId).Add("/cwd"u8);
            directory = Files.OpenAt2(Files.AT_FDCWD, link, Files.O_PATH | Files.O_CLOEXEC, 0, mayBlock: false);
        }

        int file = Files.OpenAt2(directory, path, Files.O_PATH | Files.O_CLOEXEC, Files.RESOLVE_CACHED, mayBlock: false);
        if (directory >= 0)
            Files.Close(directory);
        bool readable = file >= 0 && (Files.CachedMode(file) & ReadableByAll) == ReadableByAll;
        if (file >= 0)
            Files.Close(file);
        return !readable;
    }

    /// <inheritdoc/>
    public Outcome Carry(Stop stop) => BlockingThreads.Answer((SeccompStop)stop, GoAlong);

    private void GoAlong(SeccompStop own)
    {
        switch (escort.Through(own, out int held))
        {
            // Whoever traces it may do so still.
            case Passage.Refused:
                own.Continue();
                break;
            case Passage.Gone:
                break;
            case Passage.Executed:
                ClosedProgram.Open(held, credentials.Dumpable);
                goto default;
            default:
                Escort.Release(held);
                break;
        }
    }
}
