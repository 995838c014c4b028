// What one call costs that a script judges; prints Markdown. dotnet run --project bench/scripts -c Release
using System.Diagnostics;
using System.Globalization;
using Sandgate.Core.Decide;
using Sandgate.Core.Decide.Fields;
using Sandgate.Core.Decide.Scripts;
using Sandgate.Scripting;

Console.WriteLine("| matcher | µs a call |\n|---|---:|");
Measure("`return true`", "return true");
Measure("`return call.path == '/x'`", "return call.path == '/x'");
Measure("six fields", "return call.path == '/x' or call.exe == '/x' or call.comm == 'x' or call.pid == 1 or call.uid == 5 or call.size == 0");
Measure("`call.path:find('secret', 1, true)`", "return call.path:find('secret', 1, true) ~= nil");
Measure("`call.path:match('^/home/(%w+)/')`", "return call.path:match('^/home/(%w+)/') == 'eve'");
Measure("`call.path:gsub('/', '_')`", "return call.path:gsub('/', '_') == 'x'");
Measure("gsub with a function", "return call.path:gsub('%w+', function(w) return w:upper() end) == 'X'");
Measure("a loop of 1,000 rounds", "local n = 0 for i = 1, 1000 do n = n + i end return n == 0", 2_000);

Console.WriteLine("\n| limit | ms until it ends |\n|---|---:|");
Measure("a million instructions", "while true do end", 20, milliseconds: true);
Measure("50 ms (comparing 3 MB)", "local s = string.rep('\\0', 3000000) local z = s .. 'a' s = s .. 'b' while true do local t = s < z end", 5, milliseconds: true);
Measure("16 MiB in small tables", "local t = {} while true do t[#t + 1] = {} end", 5, milliseconds: true);
Measure("a million steps of patterns", "return ('a'):rep(100000):find('.-.-.-b')", 20, milliseconds: true);
Measure("a state made anew, and its end", "local a = {} a[1], a[2] = string.rep('x', 5000000), 1", 100, milliseconds: true);

static void Measure(string what, string body, int calls = 200_000, bool milliseconds = false)
{
    using IScript script = new LuaEngine().Compile(new("bench", "bench.lua", $"function matcher(call)\n{body}\nend", ScriptLimits.Default, _ => { }));
    SampleCall call = new();
    List<double> rounds = [];
    for (int round = 0; round < 7; round++)
    {
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < calls; i++)
        {
            if (script.Match(call) == Truth.Unknown != milliseconds)
                throw new InvalidOperationException(what);
        }

        rounds.Add(Stopwatch.GetElapsedTime(start).TotalMicroseconds / calls);
        if (rounds[0] * calls > 1_000_000)
            break;
    }

    rounds.Sort();
    double median = rounds[rounds.Count / 2] / (milliseconds ? 1000 : 1);
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {what} | {median:0.00} |"));
}

internal sealed class SampleCall : ICallFields
{
    public string Signature => "open('/home/u/project/src/main.c', 'r')";

    public FieldValue ValueOf(Field field) => field switch
    {
        Field.Path => FieldValue.Of("/home/u/project/src/main.c"),
        Field.Exe => FieldValue.Of("/usr/bin/cc"),
        Field.Comm => FieldValue.Of("cc"),
        Field.Pid => FieldValue.Of(4242),
        Field.Uid => FieldValue.Of(1000),
        _ => FieldValue.Absent,
    };
}
