using System.Text;
using Sandgate.Core;
using Sandgate.Core.Decide;
using Sandgate.Core.Decide.Language;
using Sandgate.Core.Decode;

namespace Sandgate.Bench.Fuzz;

/// <summary>What is fuzzed: each takes any bytes and throws what its documentation says, or nothing.</summary>
internal static class Targets
{
    private static readonly CallView s_view = new(Operation.Open, "open", [Argument.FromPath("a", "/a'b\\*"), Argument.FromText("r")]);

    /// <summary>The targets by name.</summary>
    public static IReadOnlyList<(string Name, Action<byte[]> Run)> All { get; } =
        [("config", Config), ("expression", Expression), ("pattern", Pattern), ("call", CallText), ("appender", Appender)];

    private static ReaderContext Context { get; } = new("/home/u", "/home/u", path => path.Length > 300 ? null : path, new Shapes());

    private static void Config(byte[] input)
    {
        try
        {
            RuleSet set = ConfigReader.Read("config.json", input, Context);
            Policy policy = new(set, []);
            policy.Decide(new Call { ThreadId = 1, Syscall = "openat", Views = [s_view] });
            foreach (Rule rule in set.Rules)
                _ = $"{rule} {rule.When}";
        }
        catch (ConfigException e)
        {
            if (e.Problems.Count == 0 || e.Problems.Any(p => p.Place.Line == 0 || p.Place.Column == 0 || p.Reason.Length == 0))
                throw new InvalidOperationException($"a problem without a place: {e.Message}");
        }
    }

    private static void Expression(byte[] input) => Told(() =>
    {
        PatternParser patterns = new(Context);
        string printed = patterns.ParseExpression(Text(input), []).ToExpression();
        if (patterns.ParseExpression(printed, []).ToExpression() != printed)
            throw new InvalidOperationException($"prints itself differently: {printed}");
    });

    private static void Pattern(byte[] input) => Told(() =>
    {
        PatternParser patterns = new(Context);
        patterns.Parse(Text(input), null);
        patterns.Parse(Text(input), Operations.Find("open"));
    });

    private static void CallText(byte[] input) => Told(() => new CallReader(Context).Read(Text(input), new CallFacts()));

    // What was a configuration is one with the answer in it.
    private static void Appender(byte[] input)
    {
        byte[] after;
        try
        {
            after = ConfigAppender.Append(input, s_view, "allow", "a comment");
        }
        catch (ConfigException)
        {
            return;
        }

        if (Rules(input) is not { } before)
            return;
        if (Rules(after) != before + 1)
            throw new InvalidOperationException($"{before} rules became {Rules(after)?.ToString() ?? "none that could be read"}");
    }

    private static int? Rules(byte[] config)
    {
        try
        {
            return ConfigReader.Read("config.json", config, Context).Rules.Length;
        }
        catch (ConfigException)
        {
            return null;
        }
    }

    private static string Text(byte[] input) => Encoding.UTF8.GetString(input);

    private static void Told(Action read)
    {
        try
        {
            read();
        }
        catch (PatternException e) when (e.Message.Length is > 0 and < 2000)
        {
            // Told, and in words that fit on a screen.
        }
    }

    private sealed class Shapes : ICatalogue
    {
        public IReadOnlyList<SyscallShape> Syscalls { get; } = [new("openat", [Operation.Open], true, []), new("brk", [], false, [])];

        public int Count => Syscalls.Count;

        public SyscallShape? ShapeOf(int number) => Syscalls[number];

        public IReadOnlyList<SyscallArgument> ArgumentsOf(int number) => [];
    }
}
