using System.Diagnostics;
using System.Text;
using System.Text.Json;

namespace Sandgate.Linux.Tests.Live;

/// <summary>How a command ended.</summary>
internal sealed record Result(int Status, string Out, string Err)
{
    /// <summary>What Sandgate itself said, a line each, without its name.</summary>
    public string[] Said => [.. Err.Split('\n').Where(l => l.StartsWith("sandgate: ", StringComparison.Ordinal)).Select(l => l["sandgate: ".Length..])];

    /// <summary>The denials among them.</summary>
    public string[] Denials => [.. Said.Where(l => l.StartsWith("denied ", StringComparison.Ordinal))];

    public override string ToString() => $"status {Status}\n--- stdout\n{Out}--- stderr\n{Err}---";
}

/// <summary>A temporary directory, and commands run in it: natively, or inside the published binary.</summary>
internal sealed class Sandbox : IDisposable
{
    public static readonly string Sandgate = Built("artifacts/sandgate/sandgate", "./dev build");
    public static readonly string Victim = Built("artifacts/victim/victim", "./dev victim");

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    /// <summary>The directory that commands start in.</summary>
    public string Directory { get; } = System.IO.Directory.CreateTempSubdirectory("sandgate-live-").FullName;

    /// <summary>How long a command may take that isn't given a time of its own.</summary>
    public TimeSpan Patience { get; init; } = s_patience;

    /// <summary>What commands read from standard input.</summary>
    public string Input { get; init; } = "";

    /// <summary>Variables that differ from this process's own; null removes one.</summary>
    public Dictionary<string, string?> Variables { get; } = new() { ["SANDGATE"] = Sandgate, ["VICTIM"] = Victim, ["NO_COLOR"] = null, ["LC_ALL"] = "C" };

    private static string Built(string file, string how)
    {
        string path = Repository.PathOf(file);
        return File.Exists(path) ? path : throw new FileNotFoundException($"{path} is missing: run {how}");
    }

    public string PathOf(string name) => Path.Combine(Directory, name);

    public string Write(string name, string text)
    {
        File.WriteAllText(PathOf(name), text);
        return PathOf(name);
    }

    /// <summary>The victim without Sandgate.</summary>
    public Result Native(params string[] arguments) => Start([Victim, .. arguments]);

    /// <summary>The victim under one rule.</summary>
    public Result Under(string rule, params string[] arguments) => Run(["-e", rule], [Victim, .. arguments]);

    /// <summary>A command under options of `sandgate run`.</summary>
    public Result Run(string[] options, params string[] command) => Start([Sandgate, "run", .. options, "--", .. command]);

    /// <summary>A script of bash, which finds both programs in $SANDGATE and $VICTIM.</summary>
    public Result Shell(string script, params string[] arguments) => Start(["bash", "-c", script, "bash", .. arguments]);

    /// <summary>A command under rules, and every call that --record wrote down.</summary>
    public (Result Result, JsonElement[] Events) Record(string[] options, params string[] command)
    {
        string file = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName() + ".jsonl");
        try
        {
            Result result = Run([.. options, "--record", file], command);
            return (result, [.. File.ReadLines(file).Select(l => JsonElement.Parse(l)).Where(e => e.GetProperty("event").GetString() == "call" && e.GetProperty("syscall").GetString() != "exit_group")]);
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>Runs a command to its end.</summary>
    public Result Start(string[] command, TimeSpan? patience = null)
    {
        // This process's runtime ignores SIGPIPE, and its children would inherit that.
        ProcessStartInfo start = new("env", ["--default-signal=PIPE", "--", .. command])
        {
            WorkingDirectory = Directory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.Latin1,
            StandardErrorEncoding = Encoding.UTF8,
        };
        foreach ((string name, string? value) in Variables)
            start.Environment[name] = value;
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), errors = process.StandardError.ReadToEndAsync();
        try
        {
            process.StandardInput.Write(Input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // The command didn't wait for its input.
        }

        if (!process.WaitForExit(patience ?? Patience) || !Task.WhenAll(output, errors).Wait(s_patience))
        {
            process.Kill(entireProcessTree: true);
            Task.WhenAll(output, errors).Wait(TimeSpan.FromSeconds(5));
            throw new TimeoutException($"{string.Join(' ', command)} did not end; so far: {Text(output)}{Text(errors)}");
        }

        return new(process.ExitCode, output.Result, errors.Result);
    }

    private static string Text(Task<string> text) => text.IsCompletedSuccessfully ? text.Result : "(still open)";

    public void Dispose()
    {
        // Not Directory.Delete, which can't name what isn't UTF-8.
        using Process remove = Process.Start("rm", ["-rf", Directory]);
        remove.WaitForExit();
    }
}
