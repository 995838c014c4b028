using Sandgate.Core.Trap;
using Sandgate.Linux.Decode;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Enforce;

/// <summary>
/// F_SETOWN of fcntl(2): who gets the signals of a file, which can be any signal (F_SETSIG). A program may name itself; to name others is to signal them,
/// which no rule on <c>kill</c> would see.
/// </summary>
internal static class SignalOwner
{
    private const int F_SETOWN = 8;

    /// <summary>A refusal for others, by the number of any of their threads; null for the process itself.</summary>
    /// <remarks>Who has the number now is who gets the signals: the kernel holds on to him.</remarks>
    public static IEmulation? For(Stop stop) =>
        (int)stop.Register(1) != F_SETOWN || (int)stop.Register(2) == 0 || IsOwn(stop.ThreadId, (int)stop.Register(2)) ? null : Refusal.ByPermission;

    private static bool IsOwn(int thread, int owner) =>
        owner == ProcessFacts.InnerIdsOf(thread).Process || (owner > 0 && ProcessFacts.SharesPids(thread) && ProcessFacts.ProcessOf(owner) == ProcessFacts.ProcessOf(thread));
}
