using System.Text;
using Sandgate.Linux.Interop;
using Sandgate.Linux.Launch;

namespace Sandgate.Linux.Confine.Unshare;

/// <summary>What is done in a network namespace.</summary>
internal static unsafe class NetworkSteps
{
    private const int AF_INET = 2, SOCK_DGRAM_CLOEXEC = 0x80002, SIOCSIFFLAGS = 0x8914;
    private const short IFF_UP_RUNNING = 0x41;
    private const int StructIfreq = 40, NameLength = 16;

    /// <summary>Appends the steps that bring the loopback interface up (netdevice(7)), which begins down.</summary>
    public static void AddLoopback(LaunchPlan plan)
    {
        byte* request = plan.Memory.Allocate<byte>(StructIfreq);
        Encoding.ASCII.GetBytes("lo").CopyTo(new Span<byte>(request, NameLength));
        *(short*)(request + NameLength) = IFF_UP_RUNNING;
        plan.Add(StepScope.Child, "bring the loopback interface up", SyscallNumbers.socket, AF_INET, SOCK_DGRAM_CLOEXEC, 0);
        plan.AddOnResult(1, "bring the loopback interface up", SyscallNumbers.ioctl, SIOCSIFFLAGS, (long)request);
        plan.AddOnResult(2, "bring the loopback interface up", SyscallNumbers.close);
    }
}
