using Sandgate.Core.Decide;
using Sandgate.Core.Decode;

namespace Sandgate.Core.Tests.NewNames;

/// <summary>The floor rule other_names: a new name may never permit what the old name refuses.</summary>
public class OtherNamesTests
{
    private const string Log =
        """{ "rule_table": [ { "on": ["open"], "when": "path like '/l*/*' and mode ~ 'truncate'", "action": "not_allow" }, { "on": ["open"], "when": "path like '/s/*' and mode ~ '^r?w'", "action": "not_allow" } ] }""";

    private const string Guarded = """{ "rules": { "open": { "('/s/*')": "not_allow" } } }""";
    private const string AllowList = """{ "default": "not_allow", "rules": { "open": { "('/w/*')": "allow", "('/tmp/*')": "allow" }, "rename": { "*": "allow" }, "link": { "*": "allow" } } }""";

    private static Verdict Decide(string config, Operation operation, params NewName[] names)
    {
        RuleSet set = World.Read(config);
        Policy policy = new(set, Floor.Rules(set.LiftedFloor, 42, []));
        CallView view = new(operation, Operations.Of(operation)!.Name, [Argument.FromPath(names[0].Old ?? "?", names[0].Old), Argument.FromPath(names[0].New ?? "?", names[0].New)]);
        return policy.Decide(new Call { ThreadId = 1, Syscall = "rename", Views = [view], NewNames = names });
    }

    private static Verdict File(string config, string old, string given) => Decide(config, Operation.Rename, new NewName(old, given));

    private static Verdict Tree(string config, string old, string given, params string[] below) =>
        Decide(config, Operation.Rename, new NewName(old, given) { IsTree = true, Below = () => below });

    [Theory]
    [InlineData(Guarded, "/s/x", "/w/x", false)]
    [InlineData("""{ "rules": { "open": { "*": "not_allow", "('/w/*')": "allow" } } }""", "/etc/x", "/w/x", false)]
    [InlineData("""{ "rules": { "open": { "*": "not_allow", "('/w/*')": "allow" } } }""", "/w/x", "/w/y", true)]
    [InlineData("""{ "rules": { "open": { "*": "not_allow" } } }""", "/etc/x", "/w/x", true)]
    [InlineData("""{ "default": "not_allow", "rule_table": [ { "on": ["open", "link", "rename"], "when": "path like '/a/*' or path like '/b/*'", "action": "allow" } ] }""", "/a/x", "/b/x", true)]
    [InlineData("""{ "default": "not_allow", "rule_table": [ { "on": ["open", "link", "rename"], "when": "path like '/a/*' or path like '/b/*'", "action": "allow" } ] }""", "/a/x", "/c/x", false)]
    [InlineData(Guarded, "/w/x", "/s/x", false)]
    [InlineData(Guarded, "/s/x", "/s/y", true)]
    [InlineData(Guarded, "/w/x", "/w/y", true)]
    [InlineData(AllowList, "/tmp/x", "/w/x", true)]
    [InlineData(AllowList, "/etc/x", "/w/x", false)]
    [InlineData(AllowList, "/w/x", "/etc/x", false)]
    [InlineData("""{ "rules": { "open": { "('/s/*', 'w*')": "not_allow" } } }""", "/s/x", "/w/x", false)]
    [InlineData("""{ "rules": { "open": { "(*, 'w*')": "not_allow" } } }""", "/s/x", "/w/x", true)]
    [InlineData("""{ "rules": { "exec": { "('/bin/x', '-k')": "not_allow" } } }""", "/bin/x", "/w/x", false)]
    [InlineData("""{ "rules": { "exec": { "/rm -rf/": "not_allow" } } }""", "/w/a", "/w/b", true)]
    [InlineData("""{ "rules": { "exec": { "/[/]curl'/": "not_allow" } } }""", "/w/curl", "/w/b", false)]
    [InlineData("""{ "rules": { "stat": { "('/s/*')": "ask" } } }""", "/s/x", "/w/x", false)]
    [InlineData("""{ "rules": { "delete": { "('/s/*')": "not_allow" } } }""", "/s/x", "/w/x", false)]
    [InlineData("""{ "rules": { "write": { "('/s/*')": "not_allow" } } }""", "/s/x", "/w/x", false)]
    [InlineData("""{ "rules": { "connect": { "('unix:/s/*')": "not_allow" } } }""", "/s/x", "/w/x", false)]
    [InlineData("""{ "rules": { "connect": { "('1.2.3.4:5')": "not_allow" } } }""", "/s/x", "/w/x", true)]
    [InlineData("""{ "rules": { "*": { "/secret', 'r'/": "not_allow" } } }""", "/w/secret", "/w/x", false)]
    [InlineData("""{ "rules": { "open": { "('/s/*')": "log" } } }""", "/s/x", "/w/x", true)]
    [InlineData("""{ "rule_table": [ { "on": ["open"], "when": "path like '/s/*' and exe != /usr/bin/ssh", "action": "not_allow" } ] }""", "/s/x", "/w/x", false)]
    [InlineData("""{ "rule_table": [ { "on": ["open"], "when": "path like '/s/*' and exe != /usr/bin/ssh", "action": "not_allow" } ] }""", "/s/x", "/s/y", true)]
    [InlineData("""{ "on_unknown": "allow", "rule_table": [ { "on": ["open"], "when": "path like '/s/*' and exe != /usr/bin/ssh", "action": "not_allow" } ] }""", "/s/x", "/w/x", false)]
    [InlineData("""{ "rule_table": [ { "on": ["open"], "when": "not path like '/w/*'", "action": "not_allow" } ] }""", "/etc/x", "/w/x", false)]
    [InlineData("""{ "rule_table": [ { "on": ["open"], "when": "not path like '/w/*'", "action": "not_allow" } ] }""", "/w/x", "/w/y", true)]
    [InlineData("""{ "rules": { "open": { "('/s/x')": "not_allow" } } }""", "/s/x (deleted)", "/w/x", false)]
    [InlineData("""{ "floor": { "other_names": false }, "rules": { "open": { "('/s/*')": "not_allow" } } }""", "/s/x", "/w/x", true)]
    [InlineData("""{ "rules": { "rename": { "(*, '/s/*')": "not_allow" } } }""", "/s/x", "/w/x", true)]
    [InlineData(Log, "/l/x", "/s/x", false)]
    [InlineData(Log, "/l/x", "/l/y", true)]
    [InlineData(Log, "/l/x", "/lo/x", true)]
    [InlineData(Log, "/w/x", "/l/x", false)]
    [InlineData("""{ "rules": { "open": { "('/s/*', 'w+append')": "not_allow" } } }""", "/w/x", "/s/x", false)]
    public void A_files_new_name_is_compared_with_its_old_one(string config, string old, string given, bool allowed)
    {
        Verdict verdict = File(config, old, given);
        Assert.Equal(allowed, verdict.Allowed);
        if (!allowed)
            Assert.Equal((VerdictReason.Floor, "other_names"), (verdict.Reason, verdict.Rule!.Text));
    }

    [Theory]
    [InlineData(Guarded, "/s", "/w/s", "", false)]
    [InlineData(Guarded, "/", "/w", "s/", false)]
    [InlineData(Guarded, "/w/a", "/w/b", "x y/ y/z", true)]
    [InlineData(Guarded, "/w", "/s", "x", true)]
    [InlineData(AllowList, "/tmp/d", "/w/d", "x", true)]
    [InlineData(AllowList, "/etc", "/w/etc", "x", false)]
    [InlineData("""{ "rules": { "open": { "('*/.env')": "not_allow" } } }""", "/w/a", "/w/b", ".env", true)]
    [InlineData("""{ "rules": { "symlink": { "(*, '/s/*')": "not_allow" } } }""", "/s", "/w", "", false)]
    [InlineData("""{ "rules": { "symlink": { "(*, '/s/*')": "not_allow" } } }""", "/v", "/w", "", true)]
    [InlineData("""{ "rules": { "symlink": { "('/s/*', *)": "not_allow" } } }""", "/s", "/w", "", true)]
    [InlineData("""{ "rules": { "rename": { "(*, '/s/*')": "not_allow" } } }""", "/s", "/w", "", false)]
    [InlineData("""{ "rule_table": [ { "on": ["rename", "link"], "when": "path2 like '/s/*'", "action": "not_allow" } ] }""", "/s", "/w", "", false)]
    [InlineData("""{ "rules": { "link": { "(*, '/s/*')": "not_allow" } } }""", "/s", "/w", "", false)]
    [InlineData("""{ "rules": { "bind": { "('unix:/s/*')": "not_allow" } } }""", "/s", "/w", "", false)]
    [InlineData("""{ "rules": { "bind": { "('*:80')": "not_allow" } } }""", "/s", "/w", "", true)]
    [InlineData("""{ "rules": { "mount": { "(*, '/s/*')": "not_allow" } } }""", "/s", "/w", "", false)]
    [InlineData("""{ "rules": { "umount": { "('/s/*')": "not_allow" } } }""", "/s", "/w", "x", false)]
    [InlineData("""{ "rules": { "chroot": { "('/s/*')": "not_allow" } } }""", "/s", "/w", "x", false)]
    [InlineData("""{ "rules": { "open": { "('/w/a*.env')": "not_allow" } } }""", "/w/a", "/w/b", "x", true)]
    [InlineData("""{ "rules": { "open": { "('/w/a*.env')": "not_allow" } } }""", "/w/a", "/w/b", "x d/ d/.env", false)]
    [InlineData("""{ "rule_table": [ { "on": ["open"], "when": "path ~ '/a/.*key$'", "action": "not_allow" } ] }""", "/w/a", "/w/b", "x y", true)]
    [InlineData("""{ "rule_table": [ { "on": ["open"], "when": "path ~ '/a/.*key$'", "action": "not_allow" } ] }""", "/w/a", "/w/b", "x d/ d/key", false)]
    public void A_directorys_new_name_is_one_for_everything_below(string config, string old, string given, string below, bool allowed) =>
        Assert.Equal(allowed, Tree(config, old, given, below.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Allowed);

    [Fact]
    public void What_rules_tell_for_all_names_is_not_listed()
    {
        NewName name = new("/w/a", "/w/b") { IsTree = true, Below = () => throw new InvalidOperationException("It was listed.") };
        Assert.True(Decide(Guarded, Operation.Rename, name).Allowed);
    }

    [Fact]
    public void Too_many_names_are_refused_and_it_is_said()
    {
        Verdict verdict = Decide(AllowList, Operation.Rename, new NewName("/tmp/a", "/w/b") { IsTree = true, Below = () => null });
        Assert.Contains("too many", verdict.Rule!.Note);
    }

    [Fact]
    public void A_mount_must_hold_for_names_to_come()
    {
        NewName Bind(string old, string given) => new(old, given) { IsTree = true, StaysBoth = true, Errno = 1 };
        Assert.False(Decide(Guarded, Operation.Mount, Bind("/s", "/w")).Allowed);
        Assert.True(Decide(Guarded, Operation.Mount, Bind("/w", "/w2")).Allowed);
        Assert.Equal(1, Decide(Guarded, Operation.Mount, Bind("/s", "/w")).Errno);
    }

    [Fact]
    public void An_exchange_gives_both_names()
    {
        Assert.False(Decide(Guarded, Operation.Rename, new("/w/x", "/s/x"), new NewName("/s/x", "/w/x")).Allowed);
        Assert.True(Decide(Guarded, Operation.Rename, new("/w/x", "/w/y"), new NewName("/w/y", "/w/x")).Allowed);
    }

    [Theory]
    [InlineData("""{ "rules": {} }""", false)]
    [InlineData("""{ "rules": { "connect": { "*": "not_allow" }, "open": { "(*, 'w*')": "not_allow" } } }""", false)]
    [InlineData("""{ "rules": { "open": { "*": "not_allow" } } }""", false)]
    [InlineData("""{ "rules": { "open": { "('/s/*')": "log" } } }""", false)]
    [InlineData(Guarded, true)]
    [InlineData("""{ "rules": { "exec": { "('/bin/x')": "not_allow" } } }""", true)]
    public void It_is_in_force_only_where_rules_name_files(string config, bool watches)
    {
        RuleSet set = World.Read(config);
        Policy policy = new(set, Floor.Rules(set.LiftedFloor, 42, []));
        Assert.Equal(watches, policy.WatchesNames(new("rename", [Operation.Rename], true, [])));
        Assert.False(policy.WatchesNames(new("unlink", [Operation.Delete], true, [])));
    }

    // Names wander through random calls; what one of them was refused at first, none of its later names may have.
    [Fact]
    public void No_sequence_of_calls_frees_anything()
    {
        Random random = new(7);
        string[] places = ["/a", "/b", "/a/b", "/b/a", "/c"], letters = ["a", "b", "c"], globs = ["/a/*", "*/b", "/b/?", "/a/b/*", "*a*", "/[ab]/c", "/c*", "/?/a"];
        int refused = 0, moved = 0;
        for (int round = 0; round < 300; round++)
        {
            string rules = string.Join(", ", Enumerable.Range(0, random.Next(1, 4)).Select(_ => globs[random.Next(globs.Length)]).Distinct()
                .Select(g => $"\"('{g}')\": \"{(random.Next(4) == 0 ? "allow" : "not_allow")}\""));
            string config = $$"""{ "default": "{{(random.Next(3) == 0 ? "not_allow" : "allow")}}", "evaluation": "{{(random.Next(2) == 0 ? "allow-overrides" : "last-match")}}", "rules": { "open": { {{rules}} }, "rename": { "*": "allow" } } }""";
            RuleSet set = World.Read(config);
            Policy policy = new(set, Floor.Rules(set.LiftedFloor, 42, []));
            if (!policy.WatchesNames(new("rename", [Operation.Rename], true, [])))
                continue;
            bool Opens(string path) => policy.Decide(new Call { ThreadId = 1, Syscall = "open", Views = [new(Operation.Open, "open", [Argument.FromPath(path, path), Argument.FromText("r")])] }).Allowed;
            string first = places[random.Next(places.Length)] + "/" + letters[random.Next(3)], name = first;
            for (int step = 0; step < 12; step++)
            {
                string next;
                NewName asked;
                if (random.Next(2) == 0)
                    asked = new(name, next = places[random.Next(places.Length)] + "/" + letters[random.Next(3)]);
                else
                {
                    int slash = name.IndexOf('/', 1);
                    string old = name[..slash], below = name[(slash + 1)..], given = places[random.Next(places.Length)];
                    string[] entries = below.Contains('/', StringComparison.Ordinal) ? [below[..(below.IndexOf('/', StringComparison.Ordinal) + 1)], below] : [below];
                    asked = new(old, given) { IsTree = true, Below = () => entries };
                    next = given + "/" + below;
                }

                CallView view = new(Operation.Rename, "rename", [Argument.FromPath(asked.Old!, asked.Old), Argument.FromPath(asked.New!, asked.New)]);
                if (!policy.Decide(new Call { ThreadId = 1, Syscall = "rename", Views = [view], NewNames = [asked] }).Allowed)
                {
                    refused++;
                    continue;
                }

                moved++;
                name = next;
                Assert.True(Opens(first) || !Opens(name), $"round {round}: {config}: {first} is {name} now");
            }
        }

        Assert.True(refused > 100 && moved > 500, $"{refused} {moved}: the cases prove nothing");
    }
}
