namespace Sandgate.Linux.Tests.Live;

/// <summary>The image of the Dockerfile, with the binary that the tests run anyway, on a Debian that is here.</summary>
public sealed class Image : IDisposable
{
    private const string Name = "sandgate-image", Debian = "sandgate-test";

    private readonly Daemon _daemon = new();

    public Image()
    {
        Result built = _daemon.Client("build", "--network=none", "--build-arg", $"SDK={Debian}", "--build-arg", $"BASE={Debian}", "-t", Name, Repository.PathOf("."));
        Assert.True(built.Status == 0, built.ToString());
    }

    /// <summary>Runs the image, with options of `docker run`.</summary>
    internal Result Run(string[] options, params string[] command) => _daemon.Client(["run", "--rm", "--network=none", .. options, Name, .. command]);

    public void Dispose()
    {
        _daemon.Client("image", "rm", "--force", Name);
        _daemon.Dispose();
    }
}

/// <summary>What the image runs, it runs under rules; with as little as a container can have.</summary>
[Collection(nameof(Alone))]
public class ImageTests(Image image) : IClassFixture<Image>
{
    private static readonly string[] s_restricted = ["--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"];

    public static TheoryData<bool> Restrictions => [false, true];

    [Theory]
    [MemberData(nameof(Restrictions))]
    public void A_program_runs_by_the_entry_point(bool restricted)
    {
        Result ran = image.Run(Options(restricted), "sh", "-c", "id -u; pwd; echo ~; exit 7");
        Assert.Equal((7, "65532\n/work\n/work\n", ""), (ran.Status, ran.Out, ran.Err));
    }

    [Theory]
    [MemberData(nameof(Restrictions))]
    public void The_images_own_rules_hold(bool restricted)
    {
        const string Attempt = "id > /tmp/.env; cat /tmp/.env; cat /etc/hostname > /dev/null && echo fine";
        Result free = image.Run([.. Options(restricted), "--entrypoint", "sh"], "-c", Attempt);
        Assert.Equal((0, "fine"), (free.Status, free.Out.Split('\n')[^2]));
        Assert.StartsWith("uid=65532", free.Out, StringComparison.Ordinal);
        Result guarded = image.Run(Options(restricted), "sh", "-c", Attempt);
        Assert.Equal((0, "fine\n"), (guarded.Status, guarded.Out));
        Assert.Contains(guarded.Denials, d => d.StartsWith("denied open('/tmp/.env', 'r') by rule \"no-secrets: .env files\"", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Restrictions))]
    public void Other_rules_take_their_place(bool restricted)
    {
        using Sandbox box = new();
        string rules = box.Write("rules.json", """{ "rules": { "open": { "('/etc/passwd')": "not_allow" } } }""");
        File.SetUnixFileMode(rules, (UnixFileMode)0x1a4);
        File.SetUnixFileMode(box.Directory, (UnixFileMode)0x1ed);
        string[] options = [.. Options(restricted), "-v", $"{rules}:/etc/sandgate/config.json:ro"];
        Assert.Equal(0, image.Run([.. options, "--entrypoint", "cat"], "/etc/passwd").Status);
        Result denied = image.Run(options, "cat", "/etc/passwd");
        Assert.Equal((1, ""), (denied.Status, denied.Out));
        Assert.Contains("denied open('/etc/passwd', 'r') by rule open ('/etc/passwd')", Assert.Single(denied.Denials));
    }

    [Theory]
    [MemberData(nameof(Restrictions))]
    public void The_doctor_finds_that_the_sandbox_holds(bool restricted)
    {
        Result examined = image.Run([.. Options(restricted), "--entrypoint", "sandgate"], "doctor");
        Assert.True(examined.Status == 0, examined.ToString());
        Assert.Matches("(29|3[0-9]) of (29|3[0-9]) blocked", examined.Out);
        Assert.Equal(restricted, examined.Out.Contains("no_new_privs", StringComparison.Ordinal));
    }

    [Fact]
    public void In_the_root_directory_the_rules_refuse_to_run_and_say_why()
    {
        Result refused = image.Run(["-w", "/"], "true");
        Assert.Equal(125, refused.Status);
        Assert.Contains("the current directory is /, so that ./* is every file: start in another one", refused.Err);
    }

    [Fact]
    public void The_example_for_Kubernetes_does_what_it_says_with_as_little_as_its_pod_has()
    {
        using Sandbox box = new();
        Pod pod = new();
        Directory.CreateDirectory(box.PathOf("rules"));
        File.SetUnixFileMode(box.Write("rules/config.json", pod.Rules), (UnixFileMode)0x1a4);

        // As an emptyDir is, it is the group's to write to.
        Directory.CreateDirectory(box.PathOf("work"));
        File.SetUnixFileMode(box.PathOf("work"), (UnixFileMode)0x1ff);
        File.SetUnixFileMode(box.Directory, (UnixFileMode)0x1ed);
        Result ran = image.Run(
            [.. s_restricted, "-v", $"{box.PathOf("work")}:/work", "-v", $"{box.PathOf("rules")}:/etc/sandgate:ro", "-w", "/work", "-u", "65532:65532", "--memory", "256m"], pod.Arguments);
        Assert.StartsWith("uid=65532 gid=65532", ran.Out, StringComparison.Ordinal);
        Assert.EndsWith("\nhello\n", ran.Out, StringComparison.Ordinal);
        Assert.Contains("denied open('/etc/passwd', 'r') by rule \"an example\"", ran.Denials.Single(d => d.Contains(" cat]", StringComparison.Ordinal)));
    }

    private static string[] Options(bool restricted) => restricted ? s_restricted : [];
}
