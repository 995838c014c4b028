using System.Globalization;
using System.Text;
using Sandgate.Linux.Doctor.Trials;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Doctor.Canaries;

/// <summary>A directory with things that are forbidden in it, and servers beside it that may not be reached.</summary>
/// <param name="Directory">The directory.</param>
/// <param name="TcpPort">The port of a server on 127.0.0.1; 0 when there is none.</param>
/// <param name="UdpPort">The port of another.</param>
internal sealed unsafe record Scene(string Directory, int TcpPort, int UdpPort)
{
    private const UnixFileMode Executable = (UnixFileMode)0x1ed, Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private static readonly NativeArena s_memory = new();

    /// <summary>The process that started this one: the supervisor, or who stands in for it where there is none.</summary>
    public int Parent { get; } = (int)Libc.Call(SyscallNumbers.getppid);

    /// <summary>A program that may not be executed.</summary>
    public string Program => At("forbidden");

    /// <summary>A script that may, whose interpreter may not.</summary>
    public string Script => At("script");

    /// <summary>A server's socket that may not be connected to.</summary>
    public string Socket => At("socket");

    /// <summary>The rules.</summary>
    public string Rules => At("rules.json");

    /// <summary>Where the canaries write down what became of them.</summary>
    public string Results => At("results");

    /// <summary>A file or directory in the scene.</summary>
    public string At(string name) => Directory + "/" + name;

    /// <summary>The forbidden file of one canary.</summary>
    public string Secret(string canary) => At("secret/" + canary);

    /// <summary>Where everything is allowed.</summary>
    public string Free(string name) => At("free/" + name);

    /// <summary>A text for a system call; it stays where it is.</summary>
    public static long Text(string text) => (long)s_memory.Text(text);

    /// <summary>Zeroed room for a system call; it stays where it is.</summary>
    public static T* Room<T>(int count = 1)
        where T : unmanaged => s_memory.Allocate<T>(count);

    /// <summary>An array of strings for execve(2).</summary>
    public static long Texts(params string[] texts) => (long)s_memory.Texts([.. texts.Select(Encoding.UTF8.GetBytes)]);

    /// <summary>Makes it.</summary>
    /// <param name="rules">Other rules than those that forbid things.</param>
    public void Build(string? rules)
    {
        foreach (string below in (string[])["", "secret", "moved", "free"])
            System.IO.Directory.CreateDirectory(At(below));
        foreach (Canary canary in Canary.All)
            Write(Secret(canary.Name), Content(canary.Name));
        Write(At("moved/key"), Content("moved"));
        Write(Free("new"), "something else\n");
        File.WriteAllBytes(Program, TinyProgram.Bytes());
        File.WriteAllText(Script, $"#!{Program}\n");
        File.SetUnixFileMode(Program, Executable);
        File.SetUnixFileMode(Script, Executable);
        Write(Rules, rules ?? OwnRules());
    }

    /// <summary>True when the forbidden file of a canary isn't what it was.</summary>
    public bool HasChanged(string canary)
    {
        try
        {
            return File.ReadAllText(Secret(canary)) != Content(canary) || File.GetUnixFileMode(Secret(canary)) != Private
                || (canary == FileCanaries.MoveAbove && File.ReadAllText(At("moved/key")) != Content("moved"));
        }
        catch (IOException)
        {
            return true;
        }
    }

    private static string Content(string canary) => $"the secret of {canary}\n";

    private static void Write(string file, string text)
    {
        File.WriteAllText(file, text);
        File.SetUnixFileMode(file, Private);
    }

    // Directories of temporary files have plain names; what doesn't would be refused by the reader of rules, and nothing be run.
    private string OwnRules() => $$"""
        {
          "rules": {
            "open": { "('{{Directory}}/secret/*')": "not_allow", "('{{Directory}}/moved/*')": "not_allow" },
            "delete": { "('{{Directory}}/secret/*')": "not_allow" },
            "rename": { "('{{Directory}}/secret/*')": "not_allow", "(*, '{{Directory}}/secret/*')": "not_allow" },
            "chmod": { "('{{Directory}}/secret/*')": "not_allow" },
            "truncate": { "('{{Directory}}/secret/*')": "not_allow" },
            "exec": { "('{{Program}}')": "not_allow" },
            "connect": { "('127.0.0.1:{{Number(TcpPort)}}')": "not_allow", "('unix:{{Socket}}')": "not_allow" },
            "send": { "('127.0.0.1:{{Number(UdpPort)}}')": "not_allow" }
          }
        }

        """;

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
