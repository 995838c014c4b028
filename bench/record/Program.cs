// Events a second that a record takes without losing any, and what it costs in memory.
//
//   recordbench FILE.db|FILE.jsonl [EVENTS] [DIFFERENT]
//
// Events come from one thread, as from the gate, through the queue with "block"; DIFFERENT of them differ in what they ask for.
using System.Diagnostics;
using System.Globalization;
using Sandgate.Core;
using Sandgate.Core.Confine;
using Sandgate.Core.Decide;
using Sandgate.Core.Decode;
using Sandgate.Core.Record;
using Sandgate.Core.Trap;
using Sandgate.Store;

string file = args[0];
long count = args.Length > 1 ? long.Parse(args[1], CultureInfo.InvariantCulture) : 1_000_000;
int different = args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : 1_000;

CallView[][] views = [.. Enumerable.Range(0, different).Select(i => (CallView[])[new(Operation.Open, "open", [Argument.FromPath($"file{i}", $"/usr/share/some/where/file{i}"), Argument.FromText("r")])])];
string[] texts = [.. views.Select(v => CallText.Render(v[0], PathForm.Given))], resolved = [.. views.Select(v => CallText.Render(v[0], PathForm.Resolved))];
Caller[] callers = [.. Enumerable.Range(1, 8).Select(i => new Caller { ProcessId = i, Name = "cc1", ParentId = 1, UserId = 0, Executable = "/usr/bin/cc1", ParentExecutable = "/usr/bin/gcc", CommandLine = "cc1 -O2 file.c", WorkingDirectory = "/tmp" })];

File.Delete(file);
using Process self = Process.GetCurrentProcess();
long begun = Stopwatch.GetTimestamp();
using (Recorder recorder = new([Recordings.Create(file, default, File.Create)], failure => throw failure))
{
    recorder.Session = () => new() { Time = DateTimeOffset.UtcNow, Session = "bench", Command = ["bench"], Demand = Demand.Equivalent, Grants = [], LiftedFloor = [] };
    for (long i = 0; i < count; i++)
    {
        int which = (int)(i % different);
        recorder.Record(new CallEvent
        {
            Time = DateTimeOffset.UtcNow,
            Caller = callers[i / 64 % callers.Length],
            ThreadId = 1,
            Syscall = "openat",
            Text = texts[which],
            Resolved = resolved[which],
            Views = views[which],
            Verdict = Verdict.AllowByDefault,
            Binding = Binding.Emulated,
            Outcome = Outcome.Emulated,
            Cost = TimeSpan.FromTicks(17),
            Held = TimeSpan.FromTicks(170),
        }, told: 0);
        if (i % (count / 10) == count / 10 - 1)
        {
            self.Refresh();
            Console.Error.WriteLine($"{i + 1,12:N0} events  {(i + 1) / Stopwatch.GetElapsedTime(begun).TotalSeconds,10:N0}/s  {self.WorkingSet64 >> 20,4} MB");
        }
    }
}

double seconds = Stopwatch.GetElapsedTime(begun).TotalSeconds;
Console.WriteLine($"{count / seconds:N0} events/s, {new FileInfo(file).Length / (double)count:N0} bytes each, processor time {self.TotalProcessorTime.TotalSeconds:N1} s");
