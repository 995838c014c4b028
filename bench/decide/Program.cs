using System.Diagnostics;
using System.Globalization;
using System.Text;
using Sandgate.Core;
using Sandgate.Core.Decide;
using Sandgate.Core.Decide.Language;
using Sandgate.Core.Decode;

namespace Sandgate.Bench.Decide;

/// <summary>decide [MOST]: what it costs to load so many rules and to decide a call by them, in the rules' several shapes.</summary>
internal static class Program
{
    private const int Rounds = 5;

    // Most calls are none that a rule is about; one touches what all rules of a shape share.
    private static readonly string[] s_paths =
        ["/usr/lib/x86_64-linux-gnu/libc.so.6", "/proc/self/status", "/home/user/project/src/main.c", "/srv/data/tenantx/shared/name.key.pem"];

    public static int Main(string[] args)
    {
        int most = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 10_000;
        Console.WriteLine("| rules | load, ms | memory, MB | again and again, ns | ever new, ns |\n|---|---:|---:|---:|---:|");
        foreach ((string name, Func<int, string> pattern) in Shapes.All)
        {
            for (int count = 10; count <= most; count *= 10)
            {
                if (name == "regex, none" && count > 100)
                    break; // each of them costs a compilation and some 0.4 MB as soon as it is asked
                Console.WriteLine(Measure($"{count.ToString("N0", CultureInfo.InvariantCulture)} {name}", Config(count, pattern)));
            }
        }

        return 0;
    }

    private static byte[] Config(int count, Func<int, string> pattern)
    {
        StringBuilder json = new("{\"rules\":{\"open\":{");
        for (int i = 0; i < count; i++)
            json.Append(i > 0 ? "," : "").Append('"').Append(pattern(i)).Append("\":\"not_allow\"\n");
        return Encoding.UTF8.GetBytes(json.Append("}}}").ToString());
    }

    private static string Measure(string what, byte[] config)
    {
        Load(config);
        long before = GC.GetTotalMemory(true);
        Stopwatch watch = Stopwatch.StartNew();
        Policy policy = Load(config);
        double load = watch.Elapsed.TotalMilliseconds;
        policy.Decide(CallOf(s_paths[0]));
        double megabytes = (GC.GetTotalMemory(true) - before) / 1e6;
        Call[] same = [.. s_paths.Select(CallOf)], fresh = new Call[4000];
        for (int i = 0; i < fresh.Length; i++)
            fresh[i] = CallOf(s_paths[i % s_paths.Length] + i.ToString(CultureInfo.InvariantCulture));
        double again = Cost(policy, same), anew = Cost(policy, fresh);
        GC.KeepAlive(policy);
        return string.Create(CultureInfo.InvariantCulture, $"| {what} | {load:f1} | {megabytes:f1} | {again:n0} | {anew:n0} |");
    }

    private static Policy Load(byte[] config) =>
        new(ConfigReader.Read("c", config, new ReaderContext("/tmp", "/root", path => path, new NoCalls())), Floor.Rules([], 1, ["/etc/sandgate.json"]));

    private static Call CallOf(string path) => new()
    {
        ThreadId = 1,
        Syscall = "openat",
        Views = [new(Operation.Open, "open", [Argument.FromPath(path, path), Argument.FromText("r")])],
    };

    // The best of several rounds: on a shared machine the others measure the neighbours.
    private static double Cost(Policy policy, Call[] calls)
    {
        double best = double.MaxValue;
        for (int round = 0; round < Rounds; round++)
        {
            long made = 0;
            Stopwatch watch = Stopwatch.StartNew();
            do
            {
                policy.Decide(calls[made++ % calls.Length]);
            }
            while (made % 64 != 0 || watch.ElapsedMilliseconds < 40);
            best = Math.Min(best, watch.Elapsed.TotalNanoseconds / made);
        }

        return best;
    }

    private sealed class NoCalls : ICatalogue
    {
        public IReadOnlyList<SyscallShape> Syscalls => [];

        public int Count => 0;

        public SyscallShape? ShapeOf(int number) => null;

        public IReadOnlyList<SyscallArgument> ArgumentsOf(int number) => [];
    }
}
