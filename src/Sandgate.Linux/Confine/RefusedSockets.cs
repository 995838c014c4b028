using Sandgate.Core.Confine;
using Sandgate.Linux.Interop;
using Sandgate.Linux.Launch;
using Sandgate.Linux.Trap;

namespace Sandgate.Linux.Confine;

/// <summary>Stands in for an empty network namespace: the filter refuses every socket but those that reach no network.</summary>
internal sealed class RefusedSockets : IMechanism
{
    private const int EAFNOSUPPORT = 97;
    private const uint AF_UNIX = 1, AF_NETLINK = 16;

    /// <inheritdoc/>
    public string Name => "namespace net";

    /// <inheritdoc/>
    public IReadOnlyList<CallCase> RefusedCalls =>
    [
        new(SyscallNumbers.socket, new([ArgumentTest.IsNot(0, AF_UNIX), ArgumentTest.IsNot(0, AF_NETLINK)], FilterAction.Fail(EAFNOSUPPORT))),
    ];

    /// <inheritdoc/>
    public Grant Prepare() => Grant.Substituted(Name, "the filter refuses sockets of networks; Unix sockets of others stay in reach");

    /// <inheritdoc/>
    public void AddSteps(LaunchPlan plan)
    {
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
