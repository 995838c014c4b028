namespace Sandgate.Linux.Tests.Live;

/// <summary>A home with a key that is none, and a project in it; commands run in the project.</summary>
internal sealed partial class House : IDisposable
{
    [System.Text.RegularExpressions.GeneratedRegex(@"(?<=^|\s)@(?=\s|$)")]
    private static partial System.Text.RegularExpressions.Regex Gate();

    private readonly Sandbox _box = new();
    private readonly string _home = Directory.CreateDirectory($"/var/tmp/sandgate-home-{Path.GetRandomFileName()}").FullName;

    public House(string setUp)
    {
        _box.Variables["HOME"] = _home;
        foreach (string variable in (string[])["XDG_CONFIG_HOME", "XDG_CACHE_HOME", "TMPDIR", "SSH_AUTH_SOCK", "npm_config_cache", "PIP_CACHE_DIR", "NUGET_PACKAGES", "DOTNET_CLI_HOME"])
            _box.Variables[variable] = null;
        foreach (string variable in (string[])["DOTNET_CLI_TELEMETRY_OPTOUT", "DOTNET_NOLOGO", "DOTNET_SKIP_FIRST_TIME_EXPERIENCE", "NO_UPDATE_NOTIFIER", "PIP_DISABLE_PIP_VERSION_CHECK", "PYTHONDONTWRITEBYTECODE"])
            _box.Variables[variable] = "1";
        _box.Variables["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0";
        _box.Variables["GIT_CONFIG_GLOBAL"] = _box.Write("gitconfig", "[protocol \"file\"]\n  allow = always\n");
        Result made = Do("mkdir ~/.ssh; echo THE-SECRET-KEY > ~/.ssh/id_ed25519; echo '# mine' > ~/.bashrc; set -e\n" + setUp, isLine: false);
        Assert.True(made.Status == 0, made.ToString());
    }

    public Result Do(string script, string? profile = null, bool isLine = true)
    {
        string gate = profile is null ? "" : $"{Sandbox.Sandgate} run -p {profile} --";
        string project = Path.Combine(_home, "project");
        Directory.CreateDirectory(project);
        return _box.Start(["env", "-C", project, "bash", "-c", isLine ? Gate().Replace(script, gate) : script]);
    }

    public void Dispose()
    {
        _box.Dispose();
        using System.Diagnostics.Process remove = System.Diagnostics.Process.Start("rm", ["-rf", _home]);
        remove.WaitForExit();
    }
}
