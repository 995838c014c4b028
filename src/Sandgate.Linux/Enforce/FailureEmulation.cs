using Sandgate.Core.Trap;
using Sandgate.Linux.Decode;
using Sandgate.Linux.Trap;

namespace Sandgate.Linux.Enforce;

/// <summary>A call on a path that can only fail, whatever the path means.</summary>
internal sealed class FailureEmulation(ArgumentReader reader) : IEmulation
{
    /// <inheritdoc/>
    public Outcome Carry(Stop stop)
    {
        // Of two paths the first is looked at first.
        int errno = FailureOrder.ErrnoOf(stop, reader, reader.Held(0).Errno != 0 ? reader.Held(0).Errno : reader.CertainErrno);
        reader.Release();
        return ((SeccompStop)stop).Fail(errno) == Outcome.Vanished ? Outcome.Vanished : Outcome.Failed;
    }

    /// <inheritdoc/>
    public void Release() => reader.Release();
}
