using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Sandgate.Core.Decide;
using Sandgate.Core.Decide.Language;
using Sandgate.Core.Decode;
using Sandgate.Core.ProgramChannel;

namespace Sandgate.Core.Tests;

/// <summary>What a program may say over its channel, and what it is answered.</summary>
public class ChannelTests
{
    private static ChannelRequest Read(string text) => ChannelReader.Read(Encoding.UTF8.GetBytes(text));

    [Fact]
    public void Requests_are_read()
    {
        Assert.Equal(new SessionRequest(null), Read("""{"v":1,"do":"session"}"""));
        Assert.Equal(new AskRequest(-7, "open('ü')"), Read(""" { "id": -7, "call": "open('\u00fc')", "do": "ask", "v": 1 } """));
        Assert.Equal(new EmitRequest(9007199254740993, """{"a":[1,null,"\u001B\u009B\u202E"]}"""), Read("{\"v\":1,\"id\":9007199254740993,\"do\":\"emit\",\"data\": {\"a\" : [1, null, \"\\u001b\u009b\u202e\"]}}"));
        Assert.Equal(new EmitRequest(null, "null"), Read("""{"v":1,"do":"emit","data":null}"""));
    }

    [Theory]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("[]")]
    [InlineData("""{"do":"session"}""")]
    [InlineData("""{"v":2,"do":"session"}""")]
    [InlineData("""{"v":1.5,"do":"session"}""")]
    [InlineData("""{"v":"1","do":"session"}""")]
    [InlineData("""{"v":1,"v":1,"do":"session"}""")]
    [InlineData("""{"v":1,"do":"session","more":1}""")]
    [InlineData("""{"v":1,"do":"session"} {}""")]
    [InlineData("""{"v":1,"do":"session","call":"open('x')"}""")]
    [InlineData("""{"v":1,"do":"allow","call":"open('x')"}""")]
    [InlineData("""{"v":1,"do":"ask"}""")]
    [InlineData("""{"v":1,"do":"ask","call":1}""")]
    [InlineData("""{"v":1,"do":"ask","call":"\ud800"}""")]
    [InlineData("""{"v":1,"do":"emit"}""")]
    [InlineData("""{"v":1,"do":"emit","data":"\ud800"}""")]
    [InlineData("""{"v":1,"do":"emit","data":{"\ud800":1}}""")]
    [InlineData("""{"v":1,"do":"emit","data":{"a":1,"a":2}}""")]
    [InlineData("""{"v":1,"do":"emit","data":[[[[[[[[1]]]]]]]]}""")]
    [InlineData("""{"v":1,"do":"emit","data":1,}""")]
    [InlineData("""{"v":1,"id":99999999999999999999,"do":"session"}""")]
    public void Everything_else_is_refused(string text) => Assert.Throws<ChannelException>(() => Read(text));

    [Fact]
    public void The_bound_on_length_is_exact()
    {
        string longest = "{\"v\":1,\"do\":\"session\"}".PadRight(ChannelReader.MaxLength);
        Assert.Equal(new SessionRequest(null), Read(longest));
        Assert.Throws<ChannelException>(() => Read(longest + " "));
        Assert.Throws<ChannelException>(() => ChannelReader.Read([(byte)'"', 0xff, (byte)'"']));
    }

    [Fact]
    public void Whatever_comes_is_a_request_or_refused()
    {
        Random random = new(20261122);
        byte[][] seeds = [.. new[]
        {
            """{"v":1,"id":3,"do":"ask","call":"open('/etc/passwd', 'r')"}""", """{"v":1,"do":"emit","data":{"a":[1,2.5e3,"\u00e9\ud83d\ude00",{"b":null}]}}""", """{"v":1,"do":"session"}""",
        }.Select(Encoding.UTF8.GetBytes)];
        string[] pieces = ["\"", "\\", "\\u", "\\ud800", "{", "}", "[", "]", ":", ",", "1e999", "-", "null", "\0", "\"v\":1", "\"do\":", "\"data\":", "é"];
        int requests = 0;
        for (int i = 0; i < 60_000; i++)
        {
            List<byte> bytes = [.. seeds[random.Next(seeds.Length)]];
            for (int changes = random.Next(4); changes > 0 && bytes.Count > 0; changes--)
            {
                int at = random.Next(bytes.Count);
                switch (random.Next(4))
                {
                    case 0: bytes[at] = (byte)random.Next(256); break;
                    case 1: bytes.RemoveRange(at, Math.Min(random.Next(8), bytes.Count - at)); break;
                    case 2: bytes.InsertRange(at, Encoding.UTF8.GetBytes(pieces[random.Next(pieces.Length)])); break;
                    default: bytes.InsertRange(at, bytes.GetRange(at, Math.Min(random.Next(40), bytes.Count - at))); break;
                }
            }

            try
            {
                ChannelRequest read = ChannelReader.Read(bytes.ToArray());
                requests++;
                if (read is EmitRequest { Json: var json })
                {
                    Assert.DoesNotContain(json, c => c is < ' ' or > '~');
                    JsonDocument.Parse(json).Dispose();
                }
            }
            catch (ChannelException)
            {
            }
        }

        Assert.InRange(requests, 10_000, 60_000);
    }

    [Fact]
    public void A_bucket_lets_through_its_burst_and_then_its_rate()
    {
        Clock clock = new();
        TokenBucket bucket = new(rate: 10, burst: 3, clock);
        int Through()
        {
            int count = 0;
            for (; bucket.Wait() == TimeSpan.Zero; count++)
                bucket.Take();
            return count;
        }

        Assert.Equal(3, Through());
        Assert.InRange(bucket.Wait().TotalMilliseconds, 99, 101);
        clock.Now += TimeSpan.FromMilliseconds(210);
        Assert.Equal(2, Through());
        clock.Now += TimeSpan.FromHours(1);
        Assert.Equal(3, Through());
    }

    [Fact]
    public void Answers_tell_the_verdict_and_no_rule()
    {
        static string Of(byte[] answer) => Encoding.UTF8.GetString(answer);
        Assert.Equal("""{"v":1,"id":4,"ok":true,"allowed":false,"errno":"EPERM","certain":true}""", Of(ChannelAnswer.Verdict(4, new Verdict(false, Errnos.EPERM, VerdictReason.Rule, null, 0, false))));
        Assert.Equal("""{"v":1,"ok":true,"allowed":false,"ask":true,"certain":false}""", Of(ChannelAnswer.Verdict(null, new Verdict(false, 1, VerdictReason.Rule, null, 0, false) { Action = RuleAction.Ask, IsCertain = false })));
        Assert.Equal("""{"v":1,"ok":true,"allowed":true,"certain":true}""", Of(ChannelAnswer.Verdict(null, Verdict.AllowByDefault)));
        Assert.True(ChannelAnswer.Refused(1, new string('\u001b', 100_000)).Length < 2000);
    }

    [Theory]
    [InlineData("open ('/x/*') = deny", "open('/x/f', 'r')", false, true)]
    [InlineData("open ('/x/*') = deny", "open('/y/f', 'r')", true, true)]
    [InlineData("open ('/x/link') = deny", "open('/y/link', 'r')", false, true)]
    [InlineData("open ('/x/link') = deny", "open('/y/link', 'r+nofollow')", true, true)]
    [InlineData("delete ('/x/link') = deny", "delete('/y/link')", true, true)]
    [InlineData("open when exe == /bin/cat = deny", "open('/x', 'r')", false, true)]
    [InlineData("open when exe == /bin/dog = deny", "open('/x', 'r')", true, true)]
    [InlineData("open when sha256 == 0000000000000000000000000000000000000000000000000000000000000000 = deny", "open('/x', 'r')", false, false)]
    [InlineData("open when syscall == openat = deny", "open('/x', 'r')", false, false)]
    [InlineData("openat (*, '/x') = deny", "open('/x', 'r')", true, false)]
    [InlineData("open ('/x') = ask", "open('/x', 'r')", false, true)]
    public void A_question_is_judged_as_a_call(string rule, string call, bool allowed, bool certain)
    {
        Verdict verdict = Judge([InlineRule.Read(rule, 1, World.Context)], call);
        Assert.Equal((allowed, certain), (verdict.Allowed, verdict.IsCertain));
    }

    [Fact]
    public void A_script_never_sees_a_question()
    {
        Remembering script = new();
        ReaderContext context = World.Context with { Scripts = new Dictionary<string, Decide.Conditions.ScriptMatches> { ["s"] = new(script, []) } };
        foreach (string call in new[] { "open('/x/f', 'r')", "rename('/x/f', '/x/g')", "link('/x/f', '/x/g')" })
        {
            Verdict verdict = Judge([InlineRule.Read("open when script s = deny", 1, context), InlineRule.Read("open ('/x/f') = deny", 2, context), InlineRule.Read("rename when script s = deny", 3, context)], call);
            Assert.Equal(0, script.Runs);
            Assert.True(!verdict.IsCertain || !verdict.Allowed);
        }
    }

    private static Verdict Judge(ImmutableArray<Rule> rules, string text)
    {
        RuleSet set = new() { Rules = rules };
        Call call = new CallReader(World.Context, new Links()).Read(text, new CallFacts { Executable = "/bin/cat", ProcessId = 7 });
        return CallQuestion.Judge(new Policy(set, Floor.Above(set, 1, [])), World.Context.Catalogue, call);
    }

    private sealed class Links : ICallMeaning
    {
        public int CertainErrno => 0;

        public Argument PathOf(string text, bool followLast) =>
            followLast && text == "/y/link" ? Argument.FromPath(text, "/x/link", text) : Argument.FromPath(text, text);
    }

    private sealed class Remembering : Decide.Scripts.IScript
    {
        public int Runs { get; private set; }

        public string Name => "s";

        public Truth Match(Decide.Scripts.ICallFields call) => ++Runs > 0 ? Truth.False : Truth.Unknown;

        public void Dispose()
        {
        }
    }

    private sealed class Clock : TimeProvider
    {
        public TimeSpan Now { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now.Ticks;
    }
}
