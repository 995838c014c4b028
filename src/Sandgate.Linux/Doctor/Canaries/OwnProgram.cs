using System.Text;
using Sandgate.Linux.Interop;
using Sandgate.Linux.Launch;

namespace Sandgate.Linux.Doctor.Canaries;

/// <summary>Starts Sandgate itself.</summary>
internal static unsafe class OwnProgram
{
    private const int WNOHANG = 1, __WALL = 0x40000000, PR_SET_CHILD_SUBREAPER = 36;

    /// <summary>The file that this process runs.</summary>
    public static string File => Environment.ProcessPath ?? "/proc/self/exe";

    /// <summary>Starts it with arguments; a negative errno when that fails.</summary>
    public static int Start(string file, params string[] arguments)
    {
        using LaunchPlan plan = new();
        SandboxPlan.AddSignals(plan, Inherited.Read());
        byte[][] all = [.. arguments.Prepend(file).Select(Encoding.UTF8.GetBytes)];
        plan.Add(StepScope.Spawn, SandboxPlan.ExecuteProgram, SyscallNumbers.execve,
            (long)plan.Memory.Text(file), (long)plan.Memory.Texts(all), (long)plan.Memory.Texts(CommandLine.Environment()));
        LaunchResult started = new VforkChild().Run(plan, _ => { });
        return started.Runs ? started.Pid : started.Pid < 0 ? started.Pid : -started.Errno;
    }

    /// <summary>Starts it and waits for its end and the end of everything that it leaves behind. Returns its exit status; 128 + n when signal n ended it.</summary>
    public static int Run(string file, TimeSpan patience, params string[] arguments)
    {
        Libc.Call(SyscallNumbers.prctl, PR_SET_CHILD_SUBREAPER, 1);
        int process = Start(file, arguments), result = process;
        for (long until = Environment.TickCount64 + (long)patience.TotalMilliseconds; process > 0;)
        {
            int status = 0;

            // SAFETY: status lives on this stack for the whole call.
            long ended = Libc.Call(SyscallNumbers.wait4, -1, (long)(&status), WNOHANG | __WALL, 0);
            if (ended < 0)
                break;
            if (ended == process)
                result = (status & 0x7f) == 0 ? status >> 8 & 0xff : 128 + (status & 0x7f);
            if (ended == 0)
                Thread.Sleep(2);
            if (Environment.TickCount64 <= until)
                continue;
            SignalForwarding.KillTree();
            until += (long)patience.TotalMilliseconds;
        }

        return result;
    }
}
