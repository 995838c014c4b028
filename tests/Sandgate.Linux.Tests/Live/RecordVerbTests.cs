using System.Text.Json;

namespace Sandgate.Linux.Tests.Live;

/// <summary>Records of real programs, asked by the verbs that read them; both kinds of record answer the same.</summary>
public class RecordVerbTests
{
    private const string Work = """
        cat secret; git init -q repo; cd repo; git config user.email a@b.c; git config user.name a; echo 1 > f; git add f; git commit -qm one
        python3 -c 'import json; open("out.json", "w").write(json.dumps([1]))'; : > '<script>alert(1)<b>'; exit 4
        """;

    // Git reads its user's configuration otherwise, and says what it finds there.
    private static Sandbox Recorded(string name)
    {
        Sandbox box = new();
        box.Variables["HOME"] = box.Directory;
        box.Write("secret", "s");
        box.Write("rules.json", """{ "rules": { "open": { "('./secret')": "not_allow", "('./private/*')": "not_allow" }, "exec": { "*": "log" } } }""");
        Result run = box.Run(["-q", "--record", name, "-c", "rules.json"], "sh", "-c", Work);
        Assert.True(run.Status == 4, run.ToString());
        return box;
    }

    private static Result Verb(Sandbox box, params string[] words) => box.Start([Sandbox.Sandgate, .. words]);

    [Theory]
    [InlineData("run.jsonl")]
    [InlineData("run.db")]
    public void Events_are_found_by_what_they_are_and_what_became_of_them(string record)
    {
        using Sandbox box = Recorded(record);
        Result denied = Verb(box, "events", record, "--denied");
        Assert.Matches(@"^[0-9:.]+ \[[0-9]+ cat\] open\('secret', 'r'\) = EACCES, really open\('.*/secret', 'r'\) by rule open \('./secret'\)\n$", denied.Out);
        Assert.Equal(denied.Out, Verb(box, "events", record, "verdict == not_allow and path == './secret'").Out);

        string[] written = Verb(box, "events", record, "path like './repo/*' and mode ~ /^w/ and exe like '*python3*'", "--format", "jsonl").Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("open('out.json', 'w+create+truncate')", JsonElement.Parse(Assert.Single(written)).GetProperty("call").GetString());

        string[] csv = Verb(box, "events", record, "--denied", "--format", "csv").Out.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, csv.Length);
        Assert.Contains(",\"open('secret', 'r')\",", csv[1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("run.jsonl")]
    [InlineData("run.db")]
    public void A_tree_has_every_process_and_who_started_it(string record)
    {
        using Sandbox box = Recorded(record);
        JsonElement[] tree = [.. JsonElement.Parse(Verb(box, "events", record, "--tree", "--format", "json").Out).EnumerateArray()];
        JsonElement shell = tree.First(p => p.GetProperty("comm").GetString() == "sh" && p.TryGetProperty("status", out JsonElement status) && status.GetInt32() == 4);
        JsonElement cat = tree.Single(p => p.GetProperty("comm").GetString() == "cat");
        Assert.Equal(shell.GetProperty("pid").GetInt32(), cat.GetProperty("ppid").GetInt32());
        Assert.Equal((1, 1), (cat.GetProperty("denied").GetInt32(), cat.GetProperty("status").GetInt32()));
        Assert.Contains("cat secret  ", Verb(box, "events", record, "--tree").Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("run.jsonl")]
    [InlineData("run.db")]
    public void Replay_finds_nothing_under_the_same_rules_and_names_the_rule_that_is_stricter(string record)
    {
        using Sandbox box = Recorded(record);
        Result same = Verb(box, "replay", "-c", "rules.json", record);
        Assert.True(same.Status == 0, same.ToString());
        Assert.Contains("none would be decided otherwise", same.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("can't be judged", same.Out, StringComparison.Ordinal);

        box.Write("strict.json", """{ "extends": ["./rules.json"], "rules": { "open": { "('*.json', 'w*')": "not_allow" } } }""");
        Result strict = Verb(box, "replay", "-c", "strict.json", record);
        Assert.Equal(1, strict.Status);
        Assert.Contains("allow → not_allow  open ('*.json', 'w*')  strict.json:1:", System.Text.Encoding.UTF8.GetString(System.Text.Encoding.Latin1.GetBytes(strict.Out)), StringComparison.Ordinal);
        Assert.Contains("open('out.json', 'w+create+truncate')", strict.Out, StringComparison.Ordinal);

        // From elsewhere, "./" still means where the run was.
        Result elsewhere = box.Shell($"cd / && exec \"$SANDGATE\" replay -c {box.PathOf("rules.json")} --format json {box.PathOf(record)}");
        Assert.Equal((0, 0), (elsewhere.Status, JsonElement.Parse(elsewhere.Out).GetProperty("changed").GetInt32()));

        Result lax = Verb(box, "replay", "-e", "fork * = log", "--format", "json", record);
        JsonElement change = Assert.Single(JsonElement.Parse(lax.Out).GetProperty("changes").EnumerateArray());
        Assert.Equal(("not_allow", "allow", 1), (change.GetProperty("before").GetString(), change.GetProperty("after").GetString(), change.GetProperty("count").GetInt32()));
    }

    [Fact]
    public void What_can_not_be_judged_is_counted_and_counts_when_asked_to()
    {
        using Sandbox box = Recorded("run.jsonl");
        string[] rule = ["replay", "-e", "exec when sha256 == 0f343b0931126a20f133d67c2b018a3b5a5e5d6e5c6f4c4b2a1d0e9f8a7b6c5d = deny", "-e", "open ('./secret') = deny", "run.jsonl"];
        Result lenient = Verb(box, rule), strict = Verb(box, [.. rule, "--strict"]);
        Assert.Equal((0, 1), (lenient.Status, strict.Status));
        Assert.Matches(@"calls? can't be judged, because this was not recorded:\n  sha256  [0-9]+\n", lenient.Out);
    }

    [Fact]
    public void A_report_names_what_was_refused_and_stays_harmless()
    {
        using Sandbox box = Recorded("run.db");
        string text = Verb(box, "report", "run.db").Out;
        Assert.Contains("with status 4 after", text, StringComparison.Ordinal);
        Assert.Matches(@"denied 1  open \('./secret'\)  rules.json:1:[0-9]+\n  open\('.*/secret', 'r'\)\n", text);

        Assert.Equal(0, Verb(box, "report", "run.db", "--html", "page.html").Status);
        string page = File.ReadAllText(box.PathOf("page.html"));
        Assert.Contains("/secret&#39;, &#39;r&#39;)", page, StringComparison.Ordinal);
        Assert.Contains("&lt;script&gt;alert(1)&lt;b&gt;", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", page, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(box.PathOf("page.html")));
    }

    [Fact]
    public void A_record_that_was_cut_short_is_read_as_far_as_it_goes_and_said_so()
    {
        using Sandbox box = Recorded("run.jsonl");
        byte[] whole = File.ReadAllBytes(box.PathOf("run.jsonl"));
        File.WriteAllBytes(box.PathOf("cut.jsonl"), whole[..(whole.Length - 200)]);
        Assert.Contains("! the record was cut short", Verb(box, "report", "cut.jsonl").Out, StringComparison.Ordinal);
        Assert.Contains("the record has no end", Verb(box, "replay", "-c", "rules.json", "cut.jsonl").Out, StringComparison.Ordinal);
        Assert.DoesNotContain("session ended", Verb(box, "events", "cut.jsonl").Out, StringComparison.Ordinal);
    }

    [Fact]
    public void A_record_is_followed_to_its_end()
    {
        using Sandbox box = new();
        box.Write("secret", "s");
        Result followed = box.Shell("""
            "$SANDGATE" run -q --record run.jsonl -e "open ('./secret') = deny" -- bash -c ': < secret; until [ -e seen ]; do sleep 0.05; done; : < secret' 2> /dev/null &
            until [ -s run.jsonl ]; do sleep 0.05; done
            "$SANDGATE" events run.jsonl --follow --denied | while read -r line; do touch seen; echo "$line"; done
            wait
            """);
        Assert.Equal(2, followed.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Fact]
    public void A_session_that_runs_is_followed_to_its_end()
    {
        using Sandbox box = new();
        box.Write("secret", "s");
        Result followed = box.Shell("""
            "$SANDGATE" run -q --record run.jsonl -e "open ('./secret') = deny" -- bash -c 'until [ -e seen ]; do : < secret; sleep 0.1; done' 2> /dev/null &
            until [ -s run.jsonl ]; do sleep 0.05; done
            name=$(sed -n '1s/.*"session":"\([a-z0-9]*\)".*/\1/p' run.jsonl)
            until "$SANDGATE" ps | grep -q "$name"; do sleep 0.1; done
            "$SANDGATE" events "$name" --follow "verdict == not_allow and path like './secret'" | while read -r line; do touch seen; echo "$line"; done | head -n 1
            wait
            """);
        Assert.Matches(@"^[0-9:.]+ \[[0-9]+ bash\] open\('secret', 'r'\) = EACCES, really .* by rule open \('./secret'\)\n$", followed.Out);
        Assert.Equal(125, Verb(box, "events", "nosuchsession", "--follow").Status);
    }

    [Fact]
    public void Nobody_reading_is_no_error_and_nonsense_is_said()
    {
        using Sandbox box = Recorded("run.jsonl");
        Result head = box.Shell("\"$SANDGATE\" events run.jsonl | head -n 1; echo ${PIPESTATUS[0]}");
        Assert.Equal(2, head.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.EndsWith("\n0\n", head.Out, StringComparison.Ordinal);
        Assert.Equal("", head.Err);

        box.Write("none.jsonl", "{\"event\":\"call\"}\n{}\n");
        foreach (string[] wrong in (string[][])[["events", "none.jsonl"], ["events", "nowhere"], ["events", "."], ["events", "run.jsonl", "path lik 'x'"], ["events", "run.jsonl", "--since", "yesterday"], ["replay", "-e", "opn * = deny", "run.jsonl"], ["report", "none.jsonl"], ["report", "run.jsonl", "--html", "/nowhere/x.html"]])
        {
            Result said = Verb(box, wrong);
            Assert.True(said.Status == 125 && said.Out.Length == 0, $"{string.Join(' ', wrong)}: {said}");
            Assert.Single(said.Said);
        }
    }
}
