using System.Runtime.CompilerServices;
using Sandgate.Core.Decide.Fields;
using Sandgate.Core.Decide.Language;
using Sandgate.Scripting.Interop;

namespace Sandgate.Scripting.Tests;

/// <summary>How much stack scripts take: the thread's stack is painted, and looked at afterwards.</summary>
public sealed unsafe class StackTests(ITestOutputHelper output)
{
    private const byte Paint = 0xA5;
    private const int Size = 2 << 20;

    // A field whose value takes a while, at the deepest place: string.format keeps a buffer on the stack for each level.
    private const string Deepest = """
        local m = {}
        local t = setmetatable({}, m)
        local deep = string.rep('(', 30) .. string.rep('x?', 150) .. string.rep('x', 150) .. string.rep(')', 30)
        local n = 0
        m.__tostring = function()
          n = n + 1
          if n > 180 then local e = call.exe local f = string.find(string.rep('x', 200), deep) end
          return string.format('%s', t)
        end
        tostring(t)
        """;

    public static TheoryData<string> Bodies { get; } =
    [
        Deepest,
        "return " + new string('(', 190) + "1" + new string(')', 190),
        "return " + string.Concat(Enumerable.Repeat("{", 190)) + string.Concat(Enumerable.Repeat("}", 190)),
        string.Concat(Enumerable.Repeat("do ", 190)) + string.Concat(Enumerable.Repeat("end ", 190)),
        string.Concat(Enumerable.Repeat("local function f() ", 190)) + string.Concat(Enumerable.Repeat("end ", 190)),
        "return " + string.Concat(Enumerable.Repeat("not ", 190)) + "1",
        "return " + string.Concat(Enumerable.Repeat("1 .. ", 190)) + "1",
    ];

    [Theory]
    [MemberData(nameof(Bodies))]
    [MemberData(nameof(HostileTests.Attacks), MemberType = typeof(HostileTests))]
    public void A_script_stays_within_the_stack_it_asks_for(string body)
    {
        FakeCall call = new() { Otherwise = _ => FieldValue.Of(new string('ä', 200)) };
        nuint used = 0;
        Thread thread = new(() => used = UsedBy(() => Run(body, call)), Size);
        thread.Start();
        thread.Join();

        output.WriteLine($"{used >> 10} KiB");
        Assert.InRange(used, 1u, (nuint)LuaScript.StackNeeded - (96 << 10));
    }

    private static void Run(string body, FakeCall call)
    {
        try
        {
            using Script script = Script.Of($"function matcher(call)\n_G.call = call\n{body}\nend");
            script.Match(call);
        }
        catch (PatternException)
        {
            // Too deep for the parser is fine, too.
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static nuint UsedBy(Action run)
    {
        byte here;
        byte* top = &here - 4096;

        // The lowest pages are the guard's.
        byte* bottom = (byte*)ThreadStack.Lowest + (64 << 10);

        // SAFETY: the memory between is this thread's own unused stack; what is called below paints over it.
        for (byte* at = top; at > bottom; at--)
            *at = Paint;
        run();
        byte* deepest = bottom + 1;
        while (*deepest == Paint && deepest < top)
            deepest++;
        return (nuint)(&here - deepest);
    }
}
