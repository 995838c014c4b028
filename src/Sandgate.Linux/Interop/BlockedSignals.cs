namespace Sandgate.Linux.Interop;

/// <summary>No signal reaches this thread until it is disposed of: for a system call that does half its work when it is interrupted.</summary>
internal readonly unsafe ref struct BlockedSignals : IDisposable
{
    private const int SIG_BLOCK = 0, SIG_SETMASK = 2;

    private readonly ulong _before;

    /// <summary>Blocks them all.</summary>
    public BlockedSignals()
    {
        ulong all = ulong.MaxValue, before = 0;

        // SAFETY: both live on this stack for the whole call.
        Libc.Call(SyscallNumbers.rt_sigprocmask, SIG_BLOCK, (long)(&all), (long)(&before), sizeof(ulong));
        _before = before;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        ulong before = _before;

        // SAFETY: before lives on this stack for the whole call.
        Libc.Call(SyscallNumbers.rt_sigprocmask, SIG_SETMASK, (long)(&before), 0, sizeof(ulong));
    }
}
