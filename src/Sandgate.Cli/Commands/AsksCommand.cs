using System.CommandLine;
using System.Text.Json;

namespace Sandgate.Cli.Commands;

/// <summary><c>sandgate asks</c>: questions that wait for an answer.</summary>
internal static class AsksCommand
{
    private const string Summary = "Shows the question that waits for an answer: sandgate asks [SESSION]";

    private const string Description = $"""
        {Summary}

        A session asks one thing at a time. Questions wait only while somebody can be asked: at the terminal, with
        'run --ask', or here with --follow, which prints each question as it comes. 'sandgate answer' answers.

        Examples:
          sandgate asks --follow
          sandgate asks k7m --format json
        """;

    /// <summary>The verb with its options.</summary>
    public static Command Create(bool details)
    {
        Argument<string?> session = Steering.Session();
        Option<bool> follow = new("--follow", "-f") { Description = "Let questions wait, and print them until the session ends." };
        Option<string?> remote = Steering.Remote();
        Option<string> format = Shared.Format();
        Command asks = new("asks", details ? Description : Summary) { session, follow, remote, format };
        asks.SetAction(parsed => Steering.With(parsed.GetValue(session), parsed.GetValue(remote), link =>
        {
            bool json = parsed.GetValue(format) == "json";
            if (!parsed.GetValue(follow))
            {
                JsonElement waiting = link.Request("asks").GetProperty("asks");
                if (json)
                    Output.Json(waiting.WriteTo);
                else
                    Print(waiting.EnumerateArray());
                return;
            }

            link.Request("subscribe", members =>
            {
                members.WriteStartArray("to");
                members.WriteStringValue("asks");
                members.WriteEndArray();
            });
            while (link.Next() is { } news)
            {
                if (json && Steering.Text(news, "event") is "ask" or "asked")
                    Output.Json(news.WriteTo);
                else if (!json && Steering.Text(news, "event") == "ask")
                    Print([news.GetProperty("ask")]);
            }
        }));
        return asks;
    }

    private static void Print(IEnumerable<JsonElement> asks)
    {
        Output output = new();
        foreach (JsonElement ask in asks)
        {
            output.Line($"{output.Bold(ask.GetProperty("ask").ToString())}  {Steering.Text(ask, "name")} (pid {ask.GetProperty("pid")}) asks to {Steering.Text(ask, "call")}");
            if (Steering.Text(ask, "resolved") is { Length: > 0 } resolved)
                output.Line($"   which is really {resolved}");
            output.Line($"   asked by {(Steering.Text(ask, "rule") is { Length: > 0 } rule ? rule : "the default")}, for {ask.GetProperty("timeout")} s since {Steering.Time(ask, "since")}");
        }

        output.Print();
    }
}
