namespace Sandgate.Linux.Tests.Live;

/// <summary>What the kernel itself refuses in directories like /tmp (proc_sys_fs(5)), the supervisor doesn't do for a program either.</summary>
[Collection(nameof(Alone))]
public class StickyDirectoryTests
{
    private static readonly string[] s_settings = ["protected_symlinks", "protected_fifos", "protected_regular"];
    private static readonly string[] s_ordinary = ["setpriv", "--reuid", "4250", "--regid", "4250", "--clear-groups", "--"];

    [Theory]
    [InlineData(true, "0", 0x3ff)]
    [InlineData(true, "1", 0x3ff)]
    [InlineData(true, "2", 0x3fd)]
    [InlineData(false, "0", 0x3ff)]
    [InlineData(false, "1", 0x3ff)]
    [InlineData(false, "1", 0x3f8)]
    [InlineData(false, "2", 0x3f8)]
    public void What_others_put_there_is_used_as_natively(bool root, string level, int mode)
    {
        using Sandbox box = new();
        File.SetUnixFileMode(box.Directory, (UnixFileMode)0x1ff);
        File.Copy(Sandbox.Sandgate, box.PathOf("sandgate"));
        string program = box.PathOf("sticky.py"), rules = box.PathOf("rules.json");
        File.Copy(Repository.PathOf("tests/workloads/programs/sticky.py"), program);
        File.Copy(Repository.PathOf("tests/fidelity/rules.json"), rules);
        string[] before = [.. s_settings.Select(Read)];
        try
        {
            // Symbolic links know 0 and 1 only.
            Write(s_settings[0], level == "2" ? "1" : level);
            Write(s_settings[1], level);
            Write(s_settings[2], level);
            Result staged = box.Start(["/usr/bin/python3", program, "stage", box.Directory]);
            Assert.True(staged.Status == 0, staged.ToString());
            File.SetUnixFileMode(box.PathOf("sticky"), (UnixFileMode)mode);
            string[] attempts = ["/usr/bin/python3", program, "try", box.Directory];
            Result native = box.Start([.. root ? [] : s_ordinary, .. attempts]);
            Assert.Equal(0, native.Status);
            if (level != "0" && mode == 0x3ff)
                Assert.Contains("\nsticky/link create 13\n", native.Out);
            Assert.Equal(native, box.Start([.. root ? [] : s_ordinary, box.PathOf("sandgate"), "run", "-q", "-c", rules, "--", .. attempts]));
        }
        finally
        {
            for (int i = 0; i < before.Length; i++)
                Write(s_settings[i], before[i]);
        }
    }

    [Fact]
    public void Links_of_a_mount_that_has_none_followed_are_not_followed()
    {
        using Sandbox box = new();
        Directory.CreateDirectory(box.PathOf("m"));
        string Script(string command) => $"""
            unshare --mount sh -c 'mount -t tmpfs -o nosymfollow none m && cd m && echo x > f && ln -s f l && ln -s new d && {command} sh -c "
            cat l /proc/self/cwd/l; echo y > d; readlink l; ls" 2>&1'
            """;
        Result native = box.Shell(Script(""));
        Assert.Equal(new Result(0, "cat: l: Too many levels of symbolic links\ncat: /proc/self/cwd/l: Too many levels of symbolic links\nsh: 2: cannot create d: Too many levels of symbolic links\nf\nd\nf\nl\n", ""), native);
        Assert.Equal(native, box.Shell(Script($"{Sandbox.Sandgate} run -q -c {Repository.PathOf("tests/fidelity/rules.json")} --")));
    }

    private static string Read(string setting) => File.ReadAllText($"/proc/sys/fs/{setting}").Trim();

    private static void Write(string setting, string value) => File.WriteAllText($"/proc/sys/fs/{setting}", value);
}
