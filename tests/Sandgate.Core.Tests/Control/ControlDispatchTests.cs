using System.Text;
using System.Text.Json;
using Sandgate.Core.Control;

namespace Sandgate.Core.Tests.Control;

public class ControlDispatchTests
{
    private static string Reply(string line, Puppet? puppet = null, Stranger? client = null) =>
        Encoding.UTF8.GetString(ControlDispatch.Reply(Encoding.UTF8.GetBytes(line), puppet ?? new(), client ?? new()));

    [Theory]
    [InlineData("""{"v":1,"id":7,"do":"status"}""", """{"id":7,"ok":true,"state":"running"}""")]
    [InlineData("""{"v":1,"do":"pause"}""", """{"ok":true,"changed":true}""")]
    [InlineData("""{"v":1,"id":-1,"do":"resume","id2":{}}""", """{"id":-1,"ok":true,"changed":false}""")]
    [InlineData("""{"v":1,"id":1,"do":"asks"}""", """{"id":1,"ok":true,"asks":[]}""")]
    [InlineData("""{"v":1,"id":1,"do":"rules"}""", """{"id":1,"ok":true,"version":3,"rules":[{"rule":4,"text":"open *","action":"log","place":"test.json:1:21","by":"me"}]}""")]
    [InlineData("""{"v":1,"id":1,"do":"add_rule","text":"open * = log","ttl":"15m"}""", """{"id":1,"ok":true,"rule":9}""")]
    [InlineData("""{"v":1,"id":1,"do":"remove_rule","rule":5}""", """{"id":1,"ok":false,"error":"no rule 5"}""")]
    [InlineData("""{"v":1,"id":1,"do":"remove_rule"}""", """{"id":1,"ok":false,"error":"\"rule\" is missing"}""")]
    [InlineData("""{"v":1,"id":1,"do":"answer","ask":1,"answer":"allow"}""", """{"id":1,"ok":false,"error":"no question 1 waits"}""")]
    [InlineData("""{"v":1,"id":1,"do":"answer","ask":1,"answer":"perhaps"}""", """{"id":1,"ok":false,"error":"\"answer\" must be allow or not_allow"}""")]
    [InlineData("""{"v":1,"id":1,"do":"add_rule","text":"x","ttl":"never"}""", """{"id":1,"ok":false,"error":"\"ttl\" must be a length of time such as 15m, not \"never\""}""")]
    [InlineData("""{"v":2,"id":1,"do":"status"}""", """{"id":1,"ok":false,"error":"\"v\" must be 1: this is version 1 of the protocol"}""")]
    [InlineData("""{"v":1,"id":"1","do":"status"}""", """{"ok":false,"error":"\"id\" must be a whole number"}""")]
    [InlineData("""{"v":1,"id":1}""", """{"id":1,"ok":false,"error":"\"do\" is missing"}""")]
    [InlineData("[]", """{"ok":false,"error":"a request is an object"}""")]
    [InlineData("{", """{"ok":false,"error":"not a line of JSON, or nested deeper than 8"}""")]
    public void Each_line_has_its_answer(string line, string answer) => Assert.Equal(answer + "\n", Reply(line));

    [Fact]
    public void What_is_unknown_is_said_with_what_is_known()
    {
        string reply = Reply("""{"v":1,"id":1,"do":"\u001b[2Jexplode"}""");
        Assert.DoesNotContain("\e", reply);
        foreach (string verb in ControlDispatch.Verbs)
            Assert.Contains(verb, reply, StringComparison.Ordinal);
    }

    [Fact]
    public void Who_does_something_is_told_and_a_subscription_replaces_the_one_before()
    {
        Puppet puppet = new();
        Stranger client = new();
        Reply("""{"v":1,"do":"pause"}""", puppet, client);
        Assert.Equal(["pause by me"], puppet.Done);
        Reply("""{"v":1,"do":"subscribe","to":["events","asks"]}""", puppet, client);
        Assert.Equal(Feed.Events | Feed.Denials | Feed.Asks, client.Feed);
        Assert.Contains("there is events, denials, asks", Reply("""{"v":1,"do":"subscribe","to":["calls"]}""", puppet, client), StringComparison.Ordinal);
        Assert.Equal(Feed.Events | Feed.Denials | Feed.Asks, client.Feed);
        Reply("""{"v":1,"do":"subscribe","to":[]}""", puppet, client);
        Assert.Equal(Feed.None, client.Feed);
    }

    [Fact]
    public void Any_bytes_are_answered_with_one_line_of_json()
    {
        Random random = new(20);
        string[] seeds =
        [
            """{"v":1,"id":7,"do":"answer","ask":1,"answer":"allow","remember":"run"}""", """{"v":1,"id":7,"do":"subscribe","to":["events"]}""",
            """{"v":1,"id":7,"do":"add_rule","text":"open ('/x') = log","ttl":"1m"}""", """{"v":1,"id":123456789012345678,"do":"\ud83d\ude00"}""",
        ];
        for (int i = 0; i < 20_000; i++)
        {
            byte[] line;
            if (i % 4 == 0)
                random.NextBytes(line = new byte[random.Next(200)]);
            else
            {
                line = Encoding.UTF8.GetBytes(seeds[random.Next(seeds.Length)]);
                for (int change = random.Next(4); change >= 0; change--)
                    line[random.Next(line.Length)] = random.Next(3) == 0 ? (byte)random.Next(256) : (byte)"{}[]\",:\\u0e-1"[random.Next(13)];
            }

            byte[] reply = ControlDispatch.Reply(line, new Puppet(), new Stranger());
            Assert.Equal(reply.Length - 1, Array.IndexOf(reply, (byte)'\n'));
            Assert.True(JsonElement.Parse(reply).TryGetProperty("ok", out _));
        }
    }

    [Theory]
    [InlineData("[", 60_000)]
    [InlineData("{\"a\":", 10_000)]
    [InlineData("x", 70_000)]
    public void What_is_too_deep_or_too_long_is_refused(string part, int times) =>
        Assert.StartsWith("{\"ok\":false,", Reply(string.Concat(Enumerable.Repeat(part, times))), StringComparison.Ordinal);
}
