using Sandgate.Core.Decide;
using Sandgate.Core.Decode;
using Sandgate.Core.Learn;

namespace Sandgate.Core.Tests.Learn;

/// <summary>Each rule of docs/learn.md: what it lets through beyond what was seen, and what not.</summary>
public class GeneralisationTests
{
    private static string[] Numbered(string pattern, int count) => [.. Enumerable.Range(1, count).Select(i => pattern.Replace("#", ((char)('a' + i)).ToString(), StringComparison.Ordinal))];

    [Fact]
    public void What_was_seen_is_allowed_and_what_was_not_is_refused()
    {
        Policy policy = new Watched().Open("r", "/etc/hosts").Open("w+create+truncate", "/home/u/work/out").Exec("/usr/bin/tool").At("connect", "10.0.0.1:443").Policy();
        Assert.True(Watched.Opens(policy, "/etc/hosts") && Watched.Opens(policy, "/home/u/work/out", "w+append"));
        Assert.False(Watched.Opens(policy, "/etc/hosts", "rw") || Watched.Opens(policy, "/etc/hosts", "r+create") || Watched.Opens(policy, "/etc/passwd"));
        Assert.False(Watched.Opens(policy, "/home/u/work/out", "r") || Watched.Opens(policy, "/home/u/work/out", "path"));
        Assert.True(Watched.Allows(policy, Watched.Of("exec", Watched.File("/usr/bin/tool"), Argument.FromText("other"))));
        Assert.False(Watched.Allows(policy, Watched.Of("exec", Watched.File("/usr/bin/other"), Argument.FromText("other"))));
        Assert.True(Watched.Allows(policy, Watched.Of("connect", Watched.File("10.0.0.1:443"))));
        Assert.False(Watched.Allows(policy, Watched.Of("connect", Watched.File("10.0.0.1:80"))) || Watched.Allows(policy, Watched.Of("connect", Watched.File("10.0.0.2:443"))));
        Assert.False(Watched.Allows(policy, Watched.Of("delete", Watched.File("/home/u/work/out"))));
    }

    [Fact]
    public void Names_with_versions_stay()
    {
        Policy policy = new Watched().Open("r", "/opt/python3.11/x.py").Policy();
        Assert.True(Watched.Opens(policy, "/opt/python3.11/x.py"));
        Assert.False(Watched.Opens(policy, "/opt/python3.12/x.py"));
    }

    [Fact]
    public void The_system_directories_are_one_rule_for_reading()
    {
        Policy policy = new Watched().Open("r", "/usr/lib/libc.so.6", "/usr/share/zoneinfo/UTC").Policy();
        Assert.True(Watched.Opens(policy, "/usr/lib/x/y.so") && Watched.Opens(policy, "/usr/share/x"));
        Assert.False(Watched.Opens(policy, "/usr/lib/x", "rw") || Watched.Opens(policy, "/usr/local/etc/x"));
        Assert.Single(new Watched().Open("r", "/usr/lib/libc.so.6", "/usr/share/zoneinfo/UTC").Learn().Rules);
    }

    [Fact]
    public void Many_files_that_were_read_are_their_directory_and_what_lies_below()
    {
        Policy seven = new Watched().Open("r", Numbered("/home/u/work/src/#.c", 7)).Policy(), eight = new Watched().Open("r", Numbered("/home/u/work/src/#.c", 8)).Policy();
        Assert.False(Watched.Opens(seven, "/home/u/work/src/new.c"));
        Assert.True(Watched.Opens(eight, "/home/u/work/src/new.c") && Watched.Opens(eight, "/home/u/work/src/deep/new.c"));
        Assert.False(Watched.Opens(eight, "/home/u/work/src/new.c", "w") || Watched.Opens(eight, "/home/u/work/other"));
    }

    [Fact]
    public void Many_directories_that_were_read_in_are_the_one_above()
    {
        Policy policy = new Watched().Open("r", Numbered("/home/u/work/node_modules/#/index.js", 8)).Policy();
        Assert.True(Watched.Opens(policy, "/home/u/work/node_modules/other/lib/x.js"));
        Assert.False(Watched.Opens(policy, "/home/u/work/other"));
    }

    [Fact]
    public void Many_files_that_were_changed_are_the_entries_of_their_directory_and_nothing_below()
    {
        Policy policy = new Watched().Open("w+create", Numbered("/home/u/work/out/#.o", 8)).Policy();
        Assert.True(Watched.Opens(policy, "/home/u/work/out/new.o", "w+create"));
        Assert.False(Watched.Opens(policy, "/home/u/work/out/deep/new.o", "w+create") || Watched.Opens(policy, "/home/u/work/out/new.o"));
    }

    [Fact]
    public void Files_that_were_changed_in_different_ways_are_not_one()
    {
        Policy policy = new Watched().Open("w+create", Numbered("/home/u/work/out/#.o", 4)).On("delete", Numbered("/home/u/work/out/#.old", 4)).Policy();
        Assert.False(Watched.Opens(policy, "/home/u/work/out/new.o", "w+create"));
    }

    [Theory]
    [InlineData("/etc")]
    [InlineData("/etc/ssl")]
    [InlineData("/home/u")]
    [InlineData("/home")]
    [InlineData("/home/other")]
    [InlineData("/home/u/.config")]
    [InlineData("/tmp")]
    [InlineData("/scratch")]
    [InlineData("/var/lib")]
    [InlineData("/dev")]
    [InlineData("/home/u/.ssh")]
    public void Never_upwards_into_what_is_shared_or_holds_secrets(string directory)
    {
        Policy policy = new Watched().Open("r", Numbered(directory + "/#", 20)).Open("w+create", Numbered(directory + "/out-#", 20)).Policy(allowSecrets: true);
        Assert.True(Watched.Opens(policy, directory + "/b"));
        Assert.False(Watched.Opens(policy, directory + "/zz") || Watched.Opens(policy, directory + "/zz", "w+create"));
    }

    [Fact]
    public void Processes_have_other_numbers_next_time()
    {
        Policy policy = new Watched().Open("r", "/proc/4242/maps", "/proc/4242/task/4243/comm").Policy();
        Assert.True(Watched.Opens(policy, "/proc/99/maps") && Watched.Opens(policy, "/proc/99/task/100/comm"));
        Assert.False(Watched.Opens(policy, "/proc/99/mem") || Watched.Opens(policy, "/proc/sys/kernel/maps"));
    }

    [Fact]
    public void Temporary_files_have_other_names_next_time()
    {
        Policy policy = new Watched().Open("rw+create+exclusive", "/tmp/ccQkz1Xb.s", "/scratch/x-Ab3dEf").On("delete", "/tmp/ccQkz1Xb.s").Open("r", "/tmp/ccQkz1Xb.s").Policy();
        Assert.True(Watched.Opens(policy, "/tmp/ccAAAAAA.s", "rw+create+exclusive") && Watched.Opens(policy, "/scratch/x-BBBBBB", "rw+create+exclusive"));
        Assert.False(Watched.Opens(policy, "/tmp/ccAAAAAA.o") || Watched.Opens(policy, "/tmp/other"));
    }

    [Fact]
    public void A_directory_with_a_made_up_name_that_the_run_made_is_its_own()
    {
        Policy policy = new Watched().On("mkdir", "/tmp/tmpab12cd34").Open("w+create", "/tmp/tmpab12cd34/x/y").On("delete", "/tmp/tmpab12cd34/x/y").Policy();
        Assert.True(Watched.Opens(policy, "/tmp/tmpzzzzzzzz/other", "w+create"));
        Assert.False(Watched.Opens(policy, "/tmp/tmp-1/other", "w+create") || Watched.Opens(policy, "/tmp/tmpzzzzzzzz/other", "r"));
    }

    [Fact]
    public void Objects_that_are_spread_over_directories_by_their_hash()
    {
        const string Objects = "/home/u/work/.git/objects/";
        Watched run = new Watched().On("mkdir", Objects + "78").Open("rw+create+exclusive", Objects + "78/tmp_obj_o4po6h")
            .Two("link", Objects + "78/tmp_obj_o4po6h", Objects + "78/981922613b2afb6025042ff6bd878ac1994e85").On("delete", Objects + "78/tmp_obj_o4po6h");
        Policy policy = run.Policy();
        Assert.True(Watched.Opens(policy, Objects + "ab/tmp_obj_zzzzzz", "rw+create+exclusive") && Watched.Allows(policy, Watched.Of("mkdir", Watched.File(Objects + "ab"), Argument.FromText("0777"))));
        Assert.True(Watched.Allows(policy, Watched.Of("link", Watched.File(Objects + "ab/tmp_obj_zzzzzz"), Watched.File(Objects + "ab/0123456789012345678901234567890123456a"))));
        Assert.False(Watched.Allows(policy, Watched.Of("mkdir", Watched.File(Objects + "pack"), Argument.FromText("0777"))));
    }

    [Fact]
    public void Names_between_which_files_move_are_treated_alike_so_that_the_floor_lets_them_move()
    {
        Policy policy = new Watched().Open("w+create+exclusive", "/home/u/work/index.lock").Two("rename", "/home/u/work/index.lock", "/home/u/work/index").Open("r", "/home/u/work/index").On("chmod", "/home/u/work/index").Policy();
        Assert.True(Watched.Allows(policy, Watched.Of("rename", Watched.File("/home/u/work/index.lock"), Watched.File("/home/u/work/index"))));
        Assert.True(Watched.Opens(policy, "/home/u/work/index.lock"));
        Assert.False(Watched.Allows(policy, Watched.Of("rename", Watched.File("/home/u/work/other"), Watched.File("/home/u/work/index"))));
    }

    [Fact]
    public void The_floor_keeps_names_honest_under_what_was_learnt()
    {
        // A directory may be moved to where everything is allowed, a file into it from elsewhere not.
        Policy policy = new Watched().Open("r", Numbered("/home/u/work/in/#", 8)).Two("rename", "/home/u/work/x", "/home/u/work/y").Policy();
        Assert.False(Watched.Allows(policy, Watched.Of("rename", Watched.File("/home/u/private"), Watched.File("/home/u/work/in/b"))));
    }

    [Fact]
    public void Ports_that_the_kernel_chose_on_this_host_are_any_such_port()
    {
        Policy policy = new Watched().At("connect", "127.0.0.1:40123", "10.0.0.1:40123").At("bind", "127.0.0.1:0").Policy();
        Assert.True(Watched.Allows(policy, Watched.Of("connect", Watched.File("127.0.0.1:50000"))));
        Assert.False(Watched.Allows(policy, Watched.Of("connect", Watched.File("127.0.0.1:80"))) || Watched.Allows(policy, Watched.Of("connect", Watched.File("10.0.0.1:50000"))));
    }

    [Fact]
    public void A_host_with_a_name_is_known_by_it()
    {
        Watched run = new Watched().Add([Watched.Of("connect", Watched.File("93.184.215.14:443"))], domains: ["example.org"]);
        Assert.Contains("domain == 'example.org' and port == 443", run.Config());
        Assert.DoesNotContain("93.184", run.Config());
    }

    [Fact]
    public void Signals_go_by_program_and_sockets_by_kind()
    {
        Policy policy = new Watched().Add([Watched.Of("kill", Argument.FromNumber(4243), Argument.FromText("/usr/bin/child"), Argument.FromText("SIGTERM"))]).Words("socket", "AF_INET", "SOCK_STREAM|SOCK_CLOEXEC").Policy();
        Assert.True(Watched.Allows(policy, Watched.Of("kill", Argument.FromNumber(9), Argument.FromText("/usr/bin/child"), Argument.FromText("SIGTERM"))));
        Assert.False(Watched.Allows(policy, Watched.Of("kill", Argument.FromNumber(9), Argument.FromText("/usr/bin/other"), Argument.FromText("SIGTERM"))));
        Assert.False(Watched.Allows(policy, Watched.Of("kill", Argument.FromNumber(9), Argument.FromText("/usr/bin/child"), Argument.FromText("SIGKILL"))));
        Assert.True(Watched.Allows(policy, Watched.Of("socket", Argument.FromText("AF_INET"), Argument.FromText("SOCK_STREAM"))));
        Assert.False(Watched.Allows(policy, Watched.Of("socket", Argument.FromText("AF_PACKET"), Argument.FromText("SOCK_RAW"))));
    }

    [Fact]
    public void Per_program_only_the_one_that_did_it_may()
    {
        Policy policy = new Watched().Add([Watched.Of("open", Watched.File("/srv/a"), Argument.FromText("r"))], "/usr/bin/one").Add([Watched.Of("open", Watched.File("/srv/b"), Argument.FromText("r"))], "/usr/bin/two").Policy(perProgram: true);
        CallView a = Watched.Of("open", Watched.File("/srv/a"), Argument.FromText("r"));
        Assert.True(Watched.Allows(policy, a, "/usr/bin/one"));
        Assert.False(Watched.Allows(policy, a, "/usr/bin/two"));
    }

    [Fact]
    public void What_had_been_refused_teaches_nothing()
    {
        Watched run = new Watched().Add([Watched.Of("open", Watched.File("/srv/a"), Argument.FromText("r"))], allowed: false);
        Assert.Equal((1, 0), (run.Seen.Refused, run.Learn().Rules.Length));
    }

    [Fact]
    public void Runs_from_different_directories_are_one()
    {
        Watched run = new Watched("/srv/other").Open("r", "/srv/other/in");
        Policy policy = new Watched(onTop: run.Seen).Open("r", "/home/u/work/in2").Policy();
        Assert.True(Watched.Opens(policy, "/home/u/work/in") && Watched.Opens(policy, "/home/u/work/in2"));
        Assert.False(Watched.Opens(policy, "/srv/other/in"));
    }
}
