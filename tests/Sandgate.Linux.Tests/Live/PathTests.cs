namespace Sandgate.Linux.Tests.Live;

/// <summary>However a path is written, a rule is about the file that it means.</summary>
public class PathTests
{
    private const string File = "secret/file";

    /// <summary>A directory `secret` with a file, links to it, and a way round.</summary>
    private static Sandbox NewWorld()
    {
        Sandbox box = new();
        Directory.CreateDirectory(box.PathOf("secret/deep"));
        Directory.CreateDirectory(box.PathOf("open/below"));
        box.Write(File, "secret\n");
        box.Write("open/file", "open\n");
        System.IO.File.CreateSymbolicLink(box.PathOf("link"), "secret/file");
        System.IO.File.CreateSymbolicLink(box.PathOf("open/chain"), "../link");
        System.IO.File.CreateSymbolicLink(box.PathOf("dirlink"), "secret");
        System.IO.File.CreateSymbolicLink(box.PathOf("open/full"), box.PathOf(File));
        System.IO.File.CreateSymbolicLink(box.PathOf("dangling"), "secret/new");
        return box;
    }

    [Theory]
    [InlineData("open secret/file")]
    [InlineData("open ./secret/file")]
    [InlineData("open {here}/secret/file")]
    [InlineData("open link")]
    [InlineData("open open/chain")]
    [InlineData("open open/full")]
    [InlineData("open dirlink/file")]
    [InlineData("open open/../secret/file")]
    [InlineData("open open/below/../../dirlink/deep/../file")]
    [InlineData("open secret//deep/..///file")]
    [InlineData("open /{here}//secret/./file")]
    [InlineData("open /proc/self/cwd/secret/file")]
    [InlineData("open /proc/self/root/{here}/secret/file")]
    [InlineData("open /proc/thread-self/cwd/open/../secret/file")]
    [InlineData("open /dev/fd/../cwd/secret/file")]
    [InlineData("openat secret/file")]
    [InlineData("openat2 link")]
    [InlineData("openat2 secret/file r 0 8")]
    [InlineData("open-dirfd secret file")]
    [InlineData("open-dirfd open ../secret/file")]
    [InlineData("open-dirfd dirlink file")]
    [InlineData("open-dirfd / {here}/secret/file")]
    [InlineData("bad-pointer two-pages {here}/secret/file")]
    [InlineData("bad-pointer edge {here}/secret/file")]
    [InlineData("bad-pointer longest {here}/secret/file")]
    public void A_denied_file_is_denied_by_any_path(string arguments)
    {
        using Sandbox box = NewWorld();
        string[] words = [.. arguments.Replace("{here}", box.Directory, StringComparison.Ordinal).Split(' ')];
        Result free = box.Native(words);
        Assert.True(free.Status == 0, $"proves nothing, it fails natively: {free}");
        Result denied = box.Under("open ('secret/file') = not_allow", words);
        Assert.Equal((1, $"{words[0]} = EACCES\n"), (denied.Status, denied.Out));
        Assert.Contains(box.PathOf(File), Assert.Single(denied.Denials));
    }

    [Fact]
    public void A_descriptor_opened_by_path_alone_does_not_help()
    {
        using Sandbox box = NewWorld();
        Assert.Equal(0, box.Native("open-proc-fd", File).Status);
        Result denied = box.Under("open ('secret/file', 'r*') = not_allow", "open-proc-fd", File);
        Assert.Equal("open-proc-fd = EACCES\n", denied.Out);
        Assert.Contains("denied open('/proc/self/fd/", Assert.Single(denied.Denials));
    }

    [Theory]
    [InlineData("open dangling w+create")]
    [InlineData("creat dangling")]
    [InlineData("openat2 dangling w+create 0600")]
    [InlineData("open dirlink/new w+create+exclusive")]
    public void A_file_to_be_created_is_judged_by_where_it_would_be(string arguments)
    {
        using Sandbox native = NewWorld(), box = NewWorld();
        Assert.Equal(0, native.Native(arguments.Split(' ')).Status);
        Assert.True(System.IO.File.Exists(native.PathOf("secret/new")));
        Result denied = box.Under("open ('secret/new') = not_allow", arguments.Split(' '));
        Assert.EndsWith(" = EACCES\n", denied.Out);
        Assert.False(System.IO.File.Exists(box.PathOf("secret/new")));
    }

    [Fact]
    public void An_exclusive_create_does_not_follow_a_link()
    {
        using Sandbox box = NewWorld();
        Result native = box.Native("open", "dangling", "w+create+exclusive");
        Assert.Equal("open = EEXIST\n", native.Out);
        Assert.Equal(native.Out, box.Under("open ('secret/new') = not_allow", "open", "dangling", "w+create+exclusive").Out);
        Assert.Equal("open = EACCES\n", box.Under("open ('dangling') = not_allow", "open", "dangling", "w+create+exclusive").Out);
    }

    [Theory]
    [InlineData("unlink link", "delete ('link')", "delete ('secret/file')")]
    [InlineData("rename link h", "rename ('link')", "rename ('secret/file')")]
    [InlineData("readlink link", "readlink ('link')", "readlink ('secret/file')")]
    [InlineData("lstat link", "stat ('link')", "stat ('secret/file')")]
    [InlineData("lchown link 0 0", "chown ('link')", "chown ('secret/file')")]
    public void A_call_that_means_the_link_itself_is_not_about_its_target(string arguments, string denied, string other)
    {
        using Sandbox box = NewWorld();
        Assert.EndsWith(" = EACCES\n", box.Under($"{denied} = not_allow", arguments.Split(' ')).Out);
        Result free = box.Under($"{other} = not_allow", arguments.Split(' '));
        Assert.True(free.Status == 0 && free.Denials.Length == 0, free.ToString());
    }

    [Theory]
    [InlineData("rename secret open/moved", "rename ('secret')")]
    [InlineData("rename secret open/moved", "rename (*, 'open/*')")]
    [InlineData("rename dirlink/deep open/moved", "rename ('secret/*')")]
    [InlineData("rename dirlink/file open/file", "rename (*, 'open/file')")]
    public void Renaming_is_judged_by_both_real_names(string arguments, string rule)
    {
        using Sandbox native = NewWorld(), box = NewWorld();
        Assert.Equal(0, native.Native(arguments.Split(' ')).Status);
        Assert.Equal("rename = EACCES\n", box.Under($"{rule} = not_allow", arguments.Split(' ')).Out);
        Assert.True(System.IO.File.Exists(box.PathOf(File)));
    }

    [Fact]
    public void An_allow_of_a_directory_does_not_carry_out_of_it()
    {
        using Sandbox box = NewWorld();
        string config = box.Write("rules.json", """{ "rules": { "open": { "*": "not_allow", "('./open/*')": "allow" } } }""");
        Result Open(string path) => box.Run(["-c", config], Sandbox.Victim, "open", path);
        Assert.Equal("open = 3\n", Open("open/file").Out);
        Assert.Equal("open = 3\n", Open("./secret/../open/file").Out);
        foreach (string path in new[] { "open/../secret/file", "./open/chain", "open/full", "open/below/../../secret/file", box.PathOf("open") + "/../secret/file" })
        {
            Assert.Equal("open = 3\n", box.Native("open", path).Out);
            Assert.Equal("open = EACCES\n", Open(path).Out);
        }
    }

    [Fact]
    public void Relative_patterns_mean_the_directory_in_which_sandgate_was_started()
    {
        using Sandbox box = NewWorld();
        const string Elsewhere = """cd open && exec "$VICTIM" open $1""";
        string[] rule = ["-e", "open ('./file') = not_allow"];
        box.Write("file", "here\n");
        Assert.Equal("open = 3\n", box.Run(rule, "bash", "-c", Elsewhere, "bash", "file").Out);
        Assert.Equal("open = EACCES\n", box.Run(rule, "bash", "-c", Elsewhere, "bash", "../file").Out);
        Assert.Equal("open = EACCES\n", box.Shell("""mkdir -p sub/secret; : > sub/secret/file; cd sub; "$SANDGATE" run -e "open ('secret/file') = not_allow" -- "$VICTIM" open secret/file""").Out);
        Assert.Equal("open = 3\n", box.Shell("""cd sub; "$SANDGATE" run -e "open ('secret/file') = not_allow" -- "$VICTIM" open ../secret/file""").Out);
    }

    [Fact]
    public void The_tilde_is_the_users_home()
    {
        using Sandbox box = NewWorld();
        box.Variables["HOME"] = box.PathOf("secret");
        Assert.Equal("open = EACCES\n", box.Under("open ('~/file') = not_allow", "open", "link").Out);
        Assert.Equal("open = 3\n", box.Under("open ('~/file') = not_allow", "open", "open/file").Out);
        box.Variables["HOME"] = box.PathOf("open");
        Assert.Equal("open = 3\n", box.Under("open ('~/file') = not_allow", "open", "link").Out);
    }

    [Fact]
    public void Inside_a_new_root_paths_mean_what_they_mean_there()
    {
        using Sandbox box = NewWorld();
        System.IO.File.Copy(Sandbox.Victim, box.PathOf("secret/victim"));
        Result Rooted(string rule, string path) => box.Run(["-e", rule], "chroot", box.PathOf("secret"), "/victim", "open", path);

        Assert.Equal("open = 3\n", box.Start(["chroot", box.PathOf("secret"), "/victim", "open", "/file"]).Out);
        Assert.Equal("open = EACCES\n", Rooted("open ('./secret/file') = not_allow", "/file").Out);
        Assert.Equal("open = EACCES\n", Rooted("open ('./secret/file') = not_allow", "/../../deep/../file").Out);
        Assert.Equal("open = EACCES\n", Rooted("open ('/file') = not_allow", "/file").Out);
        Assert.Equal("open = 3\n", Rooted("open ('./open/file') = not_allow", "/file").Out);
    }

    [Fact]
    public void A_link_that_is_absolute_inside_a_new_root_stays_there()
    {
        using Sandbox box = NewWorld();
        System.IO.File.Copy(Sandbox.Victim, box.PathOf("secret/victim"));
        System.IO.File.CreateSymbolicLink(box.PathOf("secret/absolute"), "/file");
        Result inside = box.Run(["-e", "open ('./secret/file') = not_allow"], "chroot", box.PathOf("secret"), "/victim", "open", "/absolute");
        Assert.Equal("open = EACCES\n", inside.Out);
    }

    [Fact]
    public void A_mount_namespace_of_its_own_hides_nothing()
    {
        using Sandbox box = NewWorld();
        const string Bind = """mount --bind secret open && exec "$VICTIM" open open/deep/../file""";
        string[] namespaced = ["unshare", "-m", "bash", "-c", Bind];
        Assert.Equal("open = 3\n", box.Start(namespaced).Out);

        // Where the floor leaves it one.
        string config = box.Write("lifted.json", """{ "floor": { "other_names": false }, "rules": { "open": { "('./open/file')": "not_allow" } } }""");
        Assert.Equal("open = EACCES\n", box.Run(["-c", config], namespaced).Out);
    }

    [Theory]
    [InlineData("bad-pointer one")]
    [InlineData("bad-pointer null")]
    [InlineData("bad-pointer kernel")]
    [InlineData("bad-pointer straddle /etc/passwd")]
    [InlineData("bad-pointer long")]
    [InlineData("bad-pointer too-long /etc/passwd")]
    [InlineData("bad-pointer empty")]
    [InlineData("open missing")]
    [InlineData("open secret/file/below")]
    [InlineData("open link r+nofollow")]
    [InlineData("openat2 link r 0 4")]
    [InlineData("openat2 ../etc r 0 8")]
    [InlineData("bad-fd")]
    [InlineData("exec ./missing")]
    [InlineData("exec-bad-argv /bin/true")]
    [InlineData("connect-bad-pointer")]
    public void What_can_only_fail_fails_as_it_does_natively(string arguments)
    {
        using Sandbox box = NewWorld();
        Result native = box.Native(arguments.Split(' '));
        Result inside = box.Run(
            ["-e", "open ('/nowhere') = not_allow", "-e", "exec ('/nowhere') = not_allow", "-e", "connect ('nowhere') = not_allow", "-e", "write ('/nowhere') = not_allow"],
            [Sandbox.Victim, .. arguments.Split(' ')]);
        Assert.Equal(native.Out, inside.Out);
        Assert.Empty(inside.Said);
    }
}
