using System.Text;
using Sandgate.Linux.Interop;
using Sandgate.Linux.Launch;

namespace Sandgate.Linux.Doctor.Canaries;

/// <summary>Starts Sandgate itself.</summary>
internal static unsafe class OwnProgram
{
    private const int WNOHANG = 1, SIGKILL = 9;

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

    /// <summary>Starts it and waits for its end. Returns its exit status, 128 + n when signal n ended it, or a negative errno.</summary>
    public static int Run(string file, TimeSpan patience, params string[] arguments)
    {
        int process = Start(file, arguments), status = 0;
        if (process < 0)
            return process;

        // SAFETY: status lives on this stack for all the calls.
        for (long until = Environment.TickCount64 + (long)patience.TotalMilliseconds; Libc.Call(SyscallNumbers.wait4, process, (long)(&status), WNOHANG, 0) == 0; Thread.Sleep(2))
        {
            if (Environment.TickCount64 > until)
                Libc.Call(SyscallNumbers.kill, process, SIGKILL);
        }

        return (status & 0x7f) == 0 ? status >> 8 & 0xff : 128 + (status & 0x7f);
    }
}
