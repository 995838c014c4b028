namespace Sandgate.Linux.Interop;

/// <summary>Numbers that nobody can guess, of getrandom(2) itself: the runtime's generator wants OpenSSL.</summary>
internal static class RandomNumber
{
    /// <summary>One that is not 0.</summary>
    public static unsafe long Draw()
    {
        long number = 0;

        // SAFETY: number lives on this stack for the whole call.
        if (Libc.CallBlocking(SyscallNumbers.getrandom, (long)(&number), sizeof(long), 0) != sizeof(long) || number == 0)
            throw new SandboxException("draw a random number", 5, "nothing was run");
        return number;
    }
}
