using System.Text;
using Sandgate.Core.Decide;
using Sandgate.Core.Decide.Conditions;
using Sandgate.Core.Decide.Language;
using Sandgate.Core.Decode;

namespace Sandgate.Core.Tests;

/// <summary>A small world: a start directory, a home, some links, some system calls.</summary>
internal static class World
{
    private static readonly Dictionary<string, string> s_real = new()
    {
        ["/"] = "/",
        ["/bin"] = "/usr/bin",
        ["/bin/sh"] = "/usr/bin/dash",
        ["/usr"] = "/usr",
        ["/usr/bin"] = "/usr/bin",
        ["/usr/bin/sh"] = "/usr/bin/dash",
        ["/var/run"] = "/run",
        ["/home/u"] = "/home/u",
        ["/srv/a*b"] = "/srv/a*b",
        ["/home/u/work"] = "/home/u/work",
        ["/home/u/link"] = "/srv/data",
    };

    public static ICatalogue Catalogue { get; } = new FakeCatalogue(
    [
        new("openat", [Operation.Open], true, []),
        new("open", [Operation.Open], true, []),
        new("unlinkat", [Operation.Delete], true, []),
        new("read", [Operation.Read], true, []),
        new("kill", [Operation.Kill], false, ["SIGKILL", "SIGTERM"]),
        new("ptrace", [Operation.Ptrace], false, ["PTRACE_ATTACH"]),
        new("brk", [], false, []),
        new("mmap", [], false, ["PROT_EXEC", "PROT_READ"]),
    ]);

    public static ReaderContext Context { get; } = Starting("/home/u/work");

    /// <summary>The same world with sockets.</summary>
    public static ReaderContext WithSockets { get; } = Context with
    {
        Catalogue = new FakeCatalogue(
        [
            .. Catalogue.Syscalls,
            new("socket", [Operation.Socket], false, ["AF_UNIX", "AF_INET", "AF_INET6", "SOCK_STREAM", "SOCK_DGRAM", "SOCK_RAW", "SOCK_CLOEXEC", "SOCK_NONBLOCK"]),
        ]),
    };

    public static ReaderContext Starting(string directory, string? home = "/home/u") =>
        new(directory, home, path => s_real.GetValueOrDefault(path), Catalogue);

    public static RuleSet Read(string json) => ConfigReader.Read("config.json", Encoding.UTF8.GetBytes(json), Context);

    public static RuleSet ReadFrom(string directory, string json) => ConfigReader.Read("config.json", Encoding.UTF8.GetBytes(json), Starting(directory));

    public static string ErrorOf(string json) => ErrorOf(Encoding.UTF8.GetBytes(json));

    public static string ErrorOf(byte[] json) =>
        Assert.Throws<ConfigException>(() => ConfigReader.Read("config.json", json, Context)).Message;

    public static Condition Parse(string pattern, string? operation = null) =>
        new PatternParser(Context).Parse(pattern, operation is null ? null : Operations.Find(operation));

    public static Call CallOf(params CallView[] views) => new() { ThreadId = 1, Syscall = "openat", Views = views };

    public static CallView Open(string given, string? resolved, string mode = "r", string? entry = null) =>
        new(Operation.Open, "open", [Argument.FromPath(given, resolved, entry), Argument.FromText(mode)]);

    public static CallView Write(Argument target, string data, bool partial = false) =>
        new(Operation.Write, "write", [target, Argument.FromData(data, partial, data.Length)]);

    public static Truth Eval(Condition condition, CallView view, Reading reading) => condition.Matches(CallOf(view), view, reading);

    public static bool Allows(string json, CallView view) => new Policy(Read(json), []).Decide(CallOf(view)).Allowed;

    private sealed record FakeCatalogue(IReadOnlyList<SyscallShape> Syscalls) : ICatalogue
    {
        public int Count => Syscalls.Count;

        public SyscallShape? ShapeOf(int number) => Syscalls[number];

        public IReadOnlyList<SyscallArgument> ArgumentsOf(int number) => [];
    }
}

/// <summary>Cases that live in text files: <c>input ⇶ expected</c>, one a line; # begins a comment.</summary>
internal static class Cases
{
    public static string PathOf(string file) => Path.Combine(AppContext.BaseDirectory, "Cases", file);

    public static TheoryData<string, string> Load(string file)
    {
        TheoryData<string, string> cases = [];
        foreach (string line in File.ReadLines(PathOf(file)))
        {
            if (line.Length == 0 || line[0] == '#')
                continue;
            string[] halves = line.Split('⇶', 2);
            cases.Add(halves[0].Trim(), halves[1].Trim());
        }

        return cases;
    }
}
