using System.Diagnostics;
using System.Text;

namespace Sandgate.Linux.Tests.Launch;

/// <summary>Runs a program to its end, for at most a minute, and tells what it said.</summary>
/// <param name="Status">Its exit status; 128 + n for a signal.</param>
/// <param name="Output">Its standard output.</param>
/// <param name="Error">Its standard error.</param>
internal sealed record Outside(int Status, string Output, string Error)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    /// <summary>The published command line; <c>./dev build</c> makes it.</summary>
    public static string Sandgate { get; } =
        Repository.PathOf("artifacts/sandgate/sandgate") is var path && File.Exists(path) ? path : throw new FileNotFoundException("run ./dev build first", path);

    /// <summary>Runs it under Sandgate with the launcher of this name.</summary>
    public static Outside Sandboxed(string launcher, params string[] arguments) => Run(Sandgate, arguments, launcher: launcher);

    /// <summary>Runs it.</summary>
    public static Outside Run(string program, string[] arguments, string input = "", string? launcher = null, TimeSpan? patience = null)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = new UTF8Encoding(false),
        };
        start.Environment.Remove("SANDGATE_LAUNCHER");
        if (launcher is not null)
            start.Environment["SANDGATE_LAUNCHER"] = launcher;
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        if (!process.WaitForExit(patience ?? s_patience))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{program} {string.Join(' ', arguments)} hangs");
        }

        // What it left behind may keep its pipes open.
        if (!Task.WaitAll([output, error], TimeSpan.FromSeconds(10)))
            throw new TimeoutException($"{program} {string.Join(' ', arguments)} ended with status {process.ExitCode}, and something it started hangs");
        return new(process.ExitCode, output.Result, error.Result);
    }
}
