using System.Diagnostics;
using System.Globalization;
using Sandgate.Linux.Confine;
using Sandgate.Linux.Interop;
using Sandgate.Linux.Launch;

namespace Sandgate.SpawnStress;

/// <summary>
/// spawnstress [CHILDREN] [EVERY] [SECONDS] [BEHIND]: starts so many children by the vfork launcher, every n-th under a
/// filter with a listener, every BEHIND-th behind an usher in a PID namespace, too (0, the default: none), while other threads
/// allocate and collect. Prints one line of figures; exit status 1 when a child went wrong, killed by SIGALRM when it takes
/// longer than it may.
/// </summary>
internal static class Program
{
    private const int Launchers = 2, PR_SET_CHILD_SUBREAPER = 36, __WALL = 0x40000000;

    private static volatile bool s_stop;
    private static int s_left, s_failures, s_filtered, s_behind;

    public static int Main(string[] args)
    {
        int children = Number(args, 0, 5000), every = Number(args, 1, 10), seconds = Number(args, 2, 55), behind = Number(args, 3, 0);

        // A collector that waits for ever stops every managed thread: only the kernel can end that.
        Libc.Call(SyscallNumbers.alarm, seconds);

        // Ushers end first; process 1 of each namespace is then this process's to reap.
        Libc.Call(SyscallNumbers.prctl, PR_SET_CHILD_SUBREAPER, 1);
        Plans plans = new();
        Thread[] disturbers = [new(Collect), new(Allocate)];
        foreach (Thread thread in disturbers)
            thread.Start();

        s_left = children;
        int collections = GC.CollectionCount(0);
        Stopwatch watch = Stopwatch.StartNew();
        Thread[] launchers = [.. Enumerable.Range(0, Launchers).Select(_ => new Thread(() => Launch(plans, every, behind)))];
        foreach (Thread thread in launchers)
            thread.Start();
        foreach (Thread thread in launchers)
            thread.Join();
        watch.Stop();
        s_stop = true;
        foreach (Thread thread in disturbers)
            thread.Join();

        int leaked = Listeners(), ended = ReapFirstProcesses();
        if (ended != s_behind)
            s_failures++;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"spawned {children} filtered {s_filtered} behind {s_behind} failed {s_failures} leaked {leaked} collections {GC.CollectionCount(0) - collections} seconds {watch.Elapsed.TotalSeconds:f1}"));
        return s_failures == 0 && leaked == 0 ? 0 : 1;
    }

    private static int Number(string[] args, int index, int otherwise) =>
        index < args.Length ? int.Parse(args[index], CultureInfo.InvariantCulture) : otherwise;

    private static void Launch(Plans plans, int every, int behind)
    {
        for (int left = Interlocked.Decrement(ref s_left); left >= 0; left = Interlocked.Decrement(ref s_left))
        {
            if (behind > 0 && left % behind == 0)
            {
                Interlocked.Increment(ref s_behind);
                using Mechanisms namespaces = Plans.PidNamespace();
                Spawn(plans.Behind(namespaces), namespaces);
                continue;
            }

            bool filtered = left % every == 0;
            if (filtered)
                Interlocked.Increment(ref s_filtered);
            Spawn(filtered ? plans.Sandboxed() : plans.Bare());
        }
    }

    private static unsafe void Spawn(LaunchPlan plan, Mechanisms? mechanisms = null)
    {
        using (plan)
        {
            int listener = -1, status = -1;
            LaunchResult result = new VforkChild().Run(plan, l => listener = l.Descriptor);
            if (result.Runs)
            {
                mechanisms?.Started(result.Pid);

                // SAFETY: status lives on this stack for the whole call.
                while (Libc.CallBlocking(SyscallNumbers.wait4, result.Pid, (long)(&status), 0, 0) == -4)
                {
                }
            }

            if (listener >= 0)
                Files.Close(listener);
            if (status != 0 || listener >= 0 != plan.ListenerStep >= 0)
            {
                Interlocked.Increment(ref s_failures);
                Console.WriteLine($"{result}, status {status}, listener {listener}");
            }
        }
    }

    // Each ends with its pipe, which was closed when its program had ended.
    private static int ReapFirstProcesses()
    {
        int count = 0;
        for (long pid = 1; pid > 0; count += pid > 0 ? 1 : 0)
            pid = Libc.CallBlocking(SyscallNumbers.wait4, -1, 0, __WALL, 0);
        return count;
    }

    private static int Listeners() =>
        Directory.GetFileSystemEntries("/proc/self/fd").Count(f => new FileInfo(f).LinkTarget is "anon_inode:seccomp notify");

    private static void Collect()
    {
        for (int i = 0; !s_stop; i++)
        {
            GC.Collect(i % 50 == 0 ? 2 : 0);
            if (i % 10 == 0)
                Thread.Sleep(1);
        }
    }

    private static void Allocate()
    {
        List<byte[]> kept = [];
        while (!s_stop)
        {
            kept.Add(new byte[3000]);
            if (kept.Count > 500)
            {
                kept.Clear();
                Thread.Sleep(1);
            }
        }
    }
}
