using System.Collections.Frozen;
using System.Net;
using System.Runtime.Versioning;
using Sandgate.Core;
using Sandgate.Core.Confine;
using Sandgate.Core.Control;
using Sandgate.Core.Decide;
using Sandgate.Core.Decide.Scripts;
using Sandgate.Core.Decode;
using Sandgate.Core.Doctor;
using Sandgate.Core.Record;
using Sandgate.Linux;
using Sandgate.Linux.Ask;
using Sandgate.Linux.Confine.Mounts;
using Sandgate.Linux.Control;
using Sandgate.Linux.Decode;
using Sandgate.Linux.Doctor;
using Sandgate.Linux.Doctor.Canaries;
using Sandgate.Linux.Launch;

namespace Sandgate.Cli;

/// <summary>The only place that asks which operating system this is, and composes its parts.</summary>
internal static class Platform
{
    /// <summary>The system calls that rules may name here.</summary>
    public static ICatalogue Catalogue() => OperatingSystem.IsLinux() ? new LinuxCatalogue() : throw Unsupported();

    /// <summary>Which names a recorded call gave to what has names already; null when its record doesn't tell.</summary>
    public static IReadOnlyList<NewName>? NamesOf(CallEvent recorded) => OperatingSystem.IsLinux() ? RecordedNames.Of(recorded) : throw Unsupported();

    /// <summary>The real path of an existing file or directory; null when there is none.</summary>
    public static string? RealPathOf(string path) => OperatingSystem.IsLinux() ? RealPath.Of(path) : throw Unsupported();

    /// <summary>The directory that relative patterns mean.</summary>
    public static string CurrentDirectory => OperatingSystem.IsLinux() ? UserPlaces.CurrentDirectory : throw Unsupported();

    /// <summary>The directory that <c>~/</c> means; null when there is none.</summary>
    public static string? Home => OperatingSystem.IsLinux() ? UserPlaces.Home : throw Unsupported();

    /// <summary>The machine and its user, for records.</summary>
    public static IReadOnlyDictionary<string, string> HostFacts() => OperatingSystem.IsLinux() ? Host.Facts() : throw Unsupported();

    /// <summary>What script matchers run in.</summary>
    public static IScriptEngine ScriptEngine { get; } = new ScriptsWhenNeeded();

    /// <summary>True when a person reads standard error.</summary>
    public static bool WantsColour => OperatingSystem.IsLinux() && StandardError.WantsColour();

    /// <summary>Writes to standard error without the runtime's console, which would change the terminal.</summary>
    public static void WriteError(string text)
    {
        if (OperatingSystem.IsLinux())
            StandardError.Write(text);
        else
            Console.Error.Write(text);
    }

    /// <summary>Writes to standard output; fails when nobody reads it.</summary>
    public static void WriteOutput(ReadOnlySpan<byte> bytes)
    {
        if (!OperatingSystem.IsLinux())
            throw Unsupported();
        StandardOutput.Write(bytes);
    }

    /// <summary>True when a failure means that nobody reads standard output any more.</summary>
    public static bool IsOutputClosed(IOException failure) => OperatingSystem.IsLinux() && failure is OutputClosedException;

    /// <summary>Writes to standard error if that doesn't wait; false when it would.</summary>
    public static bool TryWriteError(string text) => OperatingSystem.IsLinux() && StandardError.TryWrite(text);

    /// <summary>Creates a file that only its owner can read.</summary>
    public static FileStream CreatePrivateFile(string name)
    {
        FileStreamOptions options = new() { Mode = FileMode.Create, Access = FileAccess.Write, Share = FileShare.Read, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return new FileStream(name, options);
    }

    /// <summary>Runs a command under rules, to its end.</summary>
    /// <returns>The exit status, and what ends this process in its stead once everything is written down, if anything does.</returns>
    public static (int Status, Action? Last) Run(RunRequest request, Recorder recorder)
    {
        if (!OperatingSystem.IsLinux())
            throw Unsupported();
        using LinuxSandbox sandbox = Sandbox(request, recorder);
        int status = sandbox.Run();
        return (status, sandbox.EndedByCtrlC ? LinuxSandbox.DieOfCtrlC : null);
    }

    /// <summary>What the child would do to itself before it becomes the program.</summary>
    public static string PlanOf(RunRequest request, Recorder recorder)
    {
        if (!OperatingSystem.IsLinux())
            throw Unsupported();
        using LinuxSandbox sandbox = Sandbox(request, recorder);
        return sandbox.DescribePlan();
    }

    /// <summary>What a program wrote to an overlay's layer.</summary>
    public static IReadOnlyList<LayerChange> WrittenTo(string layer) => OperatingSystem.IsLinux() ? [.. LayerChanges.Of(layer)] : throw Unsupported();

    /// <summary>Ends a layer, after doing what it says to the files themselves or without.</summary>
    public static void EndLayer(string layer, bool apply)
    {
        if (!OperatingSystem.IsLinux())
            throw Unsupported();
        foreach (LayerChange change in apply ? LayerChanges.Of(layer).ToArray() : [])
            LayerMerge.Apply(change);
        LayerMerge.Drop(layer);
    }

    /// <summary>Tries what this machine offers, and whether the sandbox holds on it.</summary>
    public static DoctorReport Examine() => OperatingSystem.IsLinux() ? Examination.Run() : throw Unsupported();

    /// <summary>Attempts what the doctor's sandbox forbids. Returns the exit status.</summary>
    public static int ActAsCanary(string[] arguments) => OperatingSystem.IsLinux() ? CanaryProcess.Run(arguments) : throw Unsupported();

    /// <summary>Asks on the terminal.</summary>
    /// <param name="always">Told of an answer that holds for ever; says what became of it.</param>
    public static IAsker TerminalAsker(Func<Question, bool, string> always) =>
        OperatingSystem.IsLinux() ? new TerminalAsker(always) : throw Unsupported();

    /// <summary>The names of this user's sessions that run.</summary>
    public static IReadOnlyList<string> Sessions() => OperatingSystem.IsLinux() ? ControlClient.Sessions() : throw Unsupported();

    /// <summary>Connects with a session that runs.</summary>
    /// <param name="session">Its name or how that begins; null for the only one.</param>
    /// <param name="remote">The file that says how to reach it from afar; null for one of this machine.</param>
    /// <exception cref="IOException">It can't be reached.</exception>
    public static IControlLink Connect(string? session, string? remote) => !OperatingSystem.IsLinux() ? throw Unsupported()
        : remote is null ? ControlClient.Connect(session) : ControlClient.ConnectRemote(remote);

    [SupportedOSPlatform("linux")]
    private static ControlOptions? ControlOf(SteerRequest? steer) => steer is null ? null
        : new(steer.Session, SessionHeader.Version, steer.Feed, steer.ReadRule, steer.Keep)
        {
            Remote = steer.Listen is null ? null : new(steer.Listen, steer.Certificate, steer.Key),
        };

    [SupportedOSPlatform("linux")]
    private static LinuxSandbox Sandbox(RunRequest request, Recorder recorder) =>
        new(new SandboxRequest(request.Command, request.Rules, request.ConfigFiles, request.Watched, request.KeptDescriptors, request.Asker, request.Reload)
        {
            Expected = request.Expected,
            Confinement = request.Confinement,
            Summary = request.Summary,
            StatusDescriptor = request.StatusDescriptor,
            Channel = request.Channel,
            Session = request.Session,
            Start = request.Start,
            OwnFiles = request.OwnFiles,
            Control = ControlOf(request.Steer),
        }, recorder, Messages.Say);

    private static PlatformNotSupportedException Unsupported() => new("Sandgate runs on Linux only in this version.");
}

/// <summary>What to run, and under which rules, on any system.</summary>
internal sealed record RunRequest(
    IReadOnlyList<string> Command, RuleSet Rules, IReadOnlyList<string> ConfigFiles, IReadOnlySet<string> Watched, int[] KeptDescriptors,
    IAsker? Asker, Func<(RuleSet Rules, IReadOnlyList<string> ConfigFiles)?>? Reload)
{
    /// <summary>Families on which rules may come later.</summary>
    public IReadOnlySet<string> Expected { get; init; } = FrozenSet<string>.Empty;

    /// <summary>Everything around the gate.</summary>
    public Confinement Confinement { get; init; } = Confinement.None;

    /// <summary>True when what was used is said at the end even without limits.</summary>
    public bool Summary { get; init; }

    /// <summary>The descriptor to which events of the run are written; null for none.</summary>
    public int? StatusDescriptor { get; init; }

    /// <summary>True when the program gets a channel over which it can ask, tell and read its session's name.</summary>
    public bool Channel { get; init; }

    /// <summary>The session's name.</summary>
    public required string Session { get; init; }

    /// <summary>Names of files that the program must not write: the record.</summary>
    public IReadOnlyList<string> OwnFiles { get; init; } = [];

    /// <summary>How the run can be steered; null when it can't.</summary>
    public SteerRequest? Steer { get; init; }

    /// <summary>Tells what the record begins with, as far as the sandbox itself doesn't know.</summary>
    public required Func<SessionStart> Start { get; init; }
}

/// <summary>How a run can be steered from outside.</summary>
/// <param name="Session">The session's name.</param>
/// <param name="Feed">What subscribed clients hear from.</param>
/// <param name="ReadRule">Reads a rule that a client adds.</param>
/// <param name="Keep">Told of an answer that holds for ever; says what became of it.</param>
internal sealed record SteerRequest(string Session, EventFeed Feed, Func<string, SourcePlace, Rule> ReadRule, Func<Question, bool, string> Keep)
{
    /// <summary>Where to listen for clients from afar; null for nowhere.</summary>
    public IPEndPoint? Listen { get; init; }

    /// <summary>The PEM file of the certificate that they are shown; null for one of the run's own.</summary>
    public string? Certificate { get; init; }

    /// <summary>The PEM file of its key.</summary>
    public string? Key { get; init; }
}
