using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Sandgate.Bench.Fuzz;

/// <summary>
/// fuzz ROOT [SECONDS] [SEED]: feeds damaged inputs to everything that reads what a person or a file says. Every finding is written
/// to artifacts/fuzz and told; exit status 1 when there was one.
/// </summary>
internal static class Program
{
    private const long MostBytes = 100_000_000;

    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(1);

    public static int Main(string[] args)
    {
        int seconds = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 5;
        int seed = args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : Environment.TickCount;
        Random random = new(seed);
        Mutator mutator = new(random, Seeds.Of(args[0]));
        string findings = Path.Combine(args[0], "artifacts", "fuzz");
        Dictionary<string, int> seen = [];
        Stopwatch watch = Stopwatch.StartNew();
        int runs = 0;
        foreach ((_, Action<byte[]> run) in Targets.All)
            run("x"u8.ToArray());
        for (; watch.Elapsed.TotalSeconds < seconds; runs++)
        {
            (string name, Action<byte[]> run) = Targets.All[random.Next(Targets.All.Count)];
            byte[] input = mutator.Next();
            if (Problem(run, input) is not { } problem)
                continue;
            string key = name + " " + problem.Split('\n')[0];
            key = key[..Math.Min(key.Length, 60)];
            seen[key] = seen.GetValueOrDefault(key) + 1;
            if (seen[key] > 3)
                continue;
            Directory.CreateDirectory(findings);
            string file = Path.Combine(findings, $"{name}-{seed}-{runs}");
            File.WriteAllBytes(file, input);
            string start = Encoding.UTF8.GetString(input.AsSpan(0, Math.Min(input.Length, 200)));
            Console.WriteLine($"{name}: {problem}\n  {input.Length} bytes in {file}: {start.ReplaceLineEndings(" ")}");
        }

        Console.WriteLine($"seed {seed}: {runs} inputs in {watch.Elapsed.TotalSeconds:f0} s, {seen.Values.Sum()} findings of {seen.Count} kinds");
        return seen.Count == 0 ? 0 : 1;
    }

    // A neighbour on the same processor costs wall-clock time, and a collection processor time: only what is slow twice is slow.
    private static string? Problem(Action<byte[]> run, byte[] input) => Once(run, input) is null ? null : Once(run, input);

    private static string? Once(Action<byte[]> run, byte[] input)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        Stopwatch watch = Stopwatch.StartNew();
        try
        {
            run(input);
        }
        catch (Exception e)
        {
            return $"{e.GetType().Name}: {e.Message[..Math.Min(e.Message.Length, 300)]}\n{e.StackTrace}";
        }

        long bytes = GC.GetAllocatedBytesForCurrentThread() - before;
        return watch.Elapsed > s_longest ? $"takes too long: {watch.Elapsed.TotalSeconds:f1} s" : bytes > MostBytes ? $"takes too much memory: {bytes / 1_000_000} MB" : null;
    }
}
