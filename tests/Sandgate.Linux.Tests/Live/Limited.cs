using System.Text.Json;
using Sandgate.Linux.Confine.Limits;

namespace Sandgate.Linux.Tests.Live;

/// <summary>Runs under limits, as root, who can make control groups, or as an ordinary user, who can't here.</summary>
internal sealed class Limited : IDisposable
{
    public const string Root = "root", User = "an ordinary user";

    private readonly string[] _as = [];

    public Limited(string who)
    {
        if (who == Root)
            return;

        // The build may lie where only root can look.
        _as = ["setpriv", "--reuid", "4242", "--regid", "4242", "--clear-groups", "--"];
        Assert.Equal(0, Box.Shell("chmod 777 . && cp \"$SANDGATE\" \"$VICTIM\" . && chmod 755 sandgate victim").Status);
        Box.Variables["SANDGATE"] = Box.PathOf("sandgate");
        Box.Variables["VICTIM"] = Victim = Box.PathOf("victim");
    }

    public Sandbox Box { get; } = new();

    public string Victim { get; } = Sandbox.Victim;

    /// <summary>True when root can make groups with these controllers here.</summary>
    public static bool HasGroups(string controller, string file1, string file2)
    {
        using ControlGroups groups = new(Hierarchy.All(), [controller]);
        return (groups.With(controller, file1) ?? groups.With(controller, file2)) is not null;
    }

    /// <summary>The victim without Sandgate.</summary>
    public Result Native(params string[] arguments) => Box.Start([.. _as, Victim, .. arguments]);

    /// <summary>The victim under limits, written as JSON.</summary>
    public Result Run(string limits, params string[] arguments) => Command(limits, [Victim, .. arguments]);

    /// <summary>Any command under limits, written as JSON.</summary>
    public Result Command(string limits, params string[] command)
    {
        Box.Write("limits.json", $$"""{ "limits": {{{limits}}} }""");
        return Start(["-c", "limits.json"], command);
    }

    /// <summary>A command under options of `sandgate run`.</summary>
    public Result Start(string[] options, params string[] command) => Box.Start([.. _as, Box.Variables["SANDGATE"]!, "run", .. options, "--", .. command]);

    /// <summary>A script of bash, with both programs in $SANDGATE and $VICTIM.</summary>
    public Result Shell(string script) => Box.Start([.. _as, "bash", "-c", script]);

    /// <summary>A script of bash from the box, which may take a while.</summary>
    public Result Script(string file, string[] arguments) => Box.Start([.. _as, "bash", file, .. arguments], TimeSpan.FromMinutes(3));

    /// <summary>The last event that was written to descriptor 9 of a run.</summary>
    public (Result Result, JsonElement[] Events) Events(string options, string command)
    {
        Result result = Shell($"exec 9> events; \"$SANDGATE\" run --status-fd 9 {options} -- {command}");
        return (result, [.. File.ReadLines(Box.PathOf("events")).Select(l => JsonElement.Parse(l))]);
    }

    public void Dispose() => Box.Dispose();
}
