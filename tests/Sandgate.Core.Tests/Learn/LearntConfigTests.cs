using System.Collections.Immutable;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Sandgate.Core.Decide;
using Sandgate.Core.Decide.Check;
using Sandgate.Core.Decide.Language;
using Sandgate.Core.Decode;
using Sandgate.Core.Learn;

namespace Sandgate.Core.Tests.Learn;

/// <summary>The file that is written: it loads, says what was meant, and nothing about a secret slips in.</summary>
public class LearntConfigTests
{
    private static readonly string[] s_names = ["a", "b.c", "x'y", "q\"r", "back\\slash", "st*r", "[b]", "?", "ä\u202e", "\udc80", "tmpab12cd34", "981922613b2afb6025042ff6bd878ac1994e85", "1234", "new\nline", "v3.11", "//x"];

    private static readonly Gen<string> s_paths =
        from root in Gen.Elements("/home/u/work", "/home/u", "/tmp", "/usr/lib", "/etc", "/srv/data", "/proc/4242", "")
        from names in Gen.Elements(s_names).ListOf().Select(l => l.Take(3))
        select root + "/" + string.Join('/', names.Prepend("d").Select(n => n.Trim('/')));

    private static readonly Gen<CallView> s_calls = Gen.OneOf(
        from path in s_paths
        from mode in Gen.Elements("r", "w", "rw", "path", "r+directory", "r+nofollow", "w+create+truncate", "rw+create+exclusive", "r+create", "w+append+nofollow")
        select Watched.Of("open", Watched.File(path), Argument.FromText(mode)),
        from path in s_paths
        from operation in Gen.Elements("delete", "mkdir", "chmod", "truncate", "exec", "chown", "mknod", "xattr", "chroot", "umount")
        select Watched.Of(operation, Watched.File(path), Argument.FromText("0755")),
        from path in s_paths
        select Watched.Of("symlink", Argument.FromText("anything"), Watched.File(path)),
        from address in Gen.Elements("10.0.0.1:443", "[::1]:53", "127.0.0.1:40000", "unix:/run/x", "unix:@name'1234", "netlink:77", "none", "packet:2")
        from operation in Gen.Elements("connect", "bind", "listen")
        select Watched.Of(operation, Watched.File(address)),
        from words in Gen.Elements("AF_INET", "AF_UNIX", "it's", "b\\c")
        select Watched.Of("socket", Argument.FromText(words), Argument.FromText("SOCK_STREAM")),
        from signal in Gen.Elements("SIGTERM", "0")
        from exe in s_paths
        select Watched.Of("kill", Argument.FromNumber(12), Argument.FromText(exe), Argument.FromText(signal)));

    [Fact]
    public void Whatever_was_observed_is_allowed_by_what_is_written() =>
        Prop.ForAll(s_calls.ListOf().ToArbitrary(), calls =>
        {
            Watched run = new();
            foreach (CallView call in calls)
                run.Add([call]);
            Policy policy = run.Policy();
            return Rehearsal.Refused(policy, run.Seen.All.Where(o => !Watched.Around.IsSecret(o))).Select(r => Rehearsal.TextOf(r.Seen)).FirstOrDefault() is not { } refused
                ? true.ToProperty() : false.Label($"{refused} under\n{run.Config()}");
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));

    [Fact]
    public void What_is_renamed_can_be_renamed_again() =>
        Prop.ForAll(Gen.Elements("a", "b", "c.lock", "tmp_obj_Ab3dEf", "981922613b2afb6025042ff6bd878ac1994e85", "sub/a", "sub/b").Two().ListOf().ToArbitrary(), pairs =>
        {
            Watched run = new();
            foreach ((string from, string to) in pairs.Select(p => (p.Item1, p.Item2)).Where(p => p.Item1 != p.Item2))
                run.Open("w+create+exclusive", "/home/u/work/" + from).Two("rename", "/home/u/work/" + from, "/home/u/work/" + to).Open("r", "/home/u/work/" + to);
            return !Rehearsal.Refused(run.Policy(), run.Seen.All).Any();
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));

    [Fact]
    public void Each_restricted_family_refuses_what_nobody_saw()
    {
        Policy policy = new Watched().Open("r", "/usr/lib/x").Policy();
        foreach (Operation family in LearntFamilies.Default)
        {
            CallView view = new(family, LearntFamilies.NameOf(family), [.. Operations.Of(family)!.Arguments.Select(a => a.Kind == ArgumentKind.Path ? Watched.File("/srv/none") : Argument.FromText("none"))]);
            Assert.False(Watched.Allows(policy, view), view.Name);
        }
    }

    [Fact]
    public void A_secret_is_left_out_said_and_written_as_a_comment()
    {
        Watched run = new Watched().Open("r", "/home/u/.ssh/id_rsa", "/home/u/work/a").At("connect", "unix:/run/agent.sock").On("delete", "/home/u/work/.env");
        Assert.Equal(["./.env", "unix:/run/agent.sock", "~/.ssh/id_rsa"], run.Learn().SecretNames);
        Assert.Contains("//    { \"on\": [\"open\"], \"when\": \"path == '~/.ssh/id_rsa'", run.Config());
        Policy policy = run.Policy();
        Assert.True(Watched.Opens(policy, "/home/u/work/a"));
        Assert.False(Watched.Opens(policy, "/home/u/.ssh/id_rsa") || Watched.Allows(policy, Watched.Of("connect", Watched.File("unix:/run/agent.sock"))) || Watched.Allows(policy, Watched.Of("delete", Watched.File("/home/u/work/.env"))));
    }

    [Fact]
    public void A_secret_is_allowed_if_the_user_says_so_and_its_neighbours_are_not()
    {
        Policy policy = new Watched().Open("r", "/home/u/.ssh/id_rsa").Policy(allowSecrets: true);
        Assert.True(Watched.Opens(policy, "/home/u/.ssh/id_rsa"));
        Assert.False(Watched.Opens(policy, "/home/u/.ssh/id_dsa"));
    }

    [Fact]
    public void A_rule_on_a_whole_directory_does_not_reach_a_secret_in_it()
    {
        Policy policy = new Watched().Open("r", [.. "abcdefghi".Select(c => $"/home/u/work/src/{c}")]).Policy();
        Assert.True(Watched.Opens(policy, "/home/u/work/src/z"));
        Assert.False(Watched.Opens(policy, "/home/u/work/src/.env"));
    }

    [Fact]
    public void Set_user_id_bits_were_not_seen_and_are_not_allowed()
    {
        Watched run = new Watched().On("chmod", "/home/u/work/a");
        CallView bits = Watched.Of("chmod", Watched.File("/home/u/work/a"), Argument.FromText("04755")), plain = Watched.Of("chmod", Watched.File("/home/u/work/a"), Argument.FromText("0644"));
        Assert.True(Watched.Allows(run.Policy(), plain));
        Assert.False(Watched.Allows(run.Policy(), bits));
        Assert.True(Watched.Allows(run.Add([bits]).Policy(), bits));
    }

    [Fact]
    public void It_passes_its_own_tests_and_check_finds_nothing_odd()
    {
        string config = new Watched().Open("r", "/usr/lib/x", "/etc/hosts", "/home/u/work/a").Open("rw", "/home/u/work/b").Exec("/usr/bin/tool").At("connect", "10.0.0.1:443").Two("rename", "/home/u/work/b", "/home/u/work/c").Config();
        RuleSet rules = ConfigReader.Read("learnt.json", Encoding.UTF8.GetBytes(config), World.Context);
        Assert.Equal(3, rules.Tests.Length);
        Assert.Empty(Decide.PolicyTests.Run(rules));
        Assert.Empty(Lint.Run(rules, World.Context, DateTimeOffset.UnixEpoch));
    }

    [Fact]
    public void The_same_observations_make_the_same_file()
    {
        static Watched Run() => new Watched().Open("r", "/b", "/a", "/home/u/work/x").Exec("/usr/bin/tool").At("connect", "10.0.0.1:443", "10.0.0.1:80");
        Assert.Equal(Run().Config(), Run().Config());
    }

    [Fact]
    public void Merging_adds_what_is_missing_and_changes_nothing_else()
    {
        string old = new Watched().Open("r", "/srv/a").Config().Replace("// ----", "// mine: ----", StringComparison.Ordinal);
        Policy before = Watched.PolicyOf(old);
        Watched more = new Watched().Open("r", "/srv/a", "/srv/b", "/home/u/.ssh/id_rsa");
        LearntPolicy added = Learner.Learn(more.Seen, Watched.Around, new(LearntFamilies.Default.ToImmutableHashSet()), o => before.Decide(o.ToCall()).Allowed);
        string merged = Encoding.UTF8.GetString(LearntMerge.Add(Encoding.UTF8.GetBytes(old), LearntConfig.WriteRules(added)));
        Policy policy = Watched.PolicyOf(merged);
        Assert.Single(added.Rules);
        Assert.True(Watched.Opens(policy, "/srv/a") && Watched.Opens(policy, "/srv/b"));
        Assert.False(Watched.Opens(policy, "/srv/c") || Watched.Opens(policy, "/home/u/.ssh/id_rsa"));
        Assert.All(old.Split('\n', StringSplitOptions.RemoveEmptyEntries), line => Assert.Contains(line.TrimEnd(','), merged));
    }

    [Fact]
    public void Only_a_learnt_configuration_can_be_added_to() =>
        Assert.Contains("learnt configurations only", Assert.Throws<FormatException>(() => LearntMerge.Add("{ \"rule_table\": [{ \"name\": \"x\" }] }"u8, "")).Message);

    [Fact]
    public void Nothing_observed_can_break_out_of_a_comment()
    {
        string config = new Watched().Add([Watched.Of("open", Watched.File("/srv/a"), Argument.FromText("r"))], "/x\n{ \"on\": [\"open\"], \"action\": \"allow\" },\u2028//").Config();
        Assert.False(Watched.Opens(Watched.PolicyOf(config), "/srv/b"));
    }
}
