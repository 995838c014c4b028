using Sandgate.Core.Trap;
using Sandgate.Linux.Decode;
using Sandgate.Linux.Enforce.Sockets;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Enforce;

/// <summary>
/// Calls that need the program's own open file, with its position and its rights: a copy of the descriptor is taken once, judged, and
/// used, whatever other threads put under its number. Belongs to one decoder.
/// </summary>
internal sealed class DescriptorCalls(ArgumentReader reader)
{
    private const int EBADF = 9;

    private readonly DescriptorFetch _fetch = new();

    /// <summary>True for these calls; their first register is the descriptor.</summary>
    public static bool Knows(string syscall) => syscall is "getdents" or "getdents64" or "ftruncate" or "fallocate" or "inotify_add_watch" or "cachestat";

    /// <summary>Begins to decode such a call.</summary>
    public void Begin(Stop stop)
    {
        _fetch.Begin();
        int fetched = _fetch.Fetch(stop, (int)stop.Register(0));
        if (fetched == -EBADF)
            reader.FailCertainly(EBADF);
        reader.Fetched = fetched;
    }

    /// <summary>The call is decoded; as <see cref="DescriptorFetch.Settle"/>.</summary>
    public bool End(Stop stop, bool mayBlock, bool understood) => _fetch.Settle(stop, mayBlock, understood, out _);
}
