using Sandgate.Core.Decide.Fields;

namespace Sandgate.Core.Decide.Scripts;

/// <summary>One call, as a script sees it. Fields are read only when the script asks for them.</summary>
public interface ICallFields
{
    /// <summary>The call's text, <c>open('/etc/passwd', 'r')</c>.</summary>
    string Signature { get; }

    /// <summary>The value of a field.</summary>
    FieldValue ValueOf(Field field);
}

/// <summary>A script that decides whether a rule matches.</summary>
public interface IScript : IDisposable
{
    /// <summary>The name that rules know it by.</summary>
    string Name { get; }

    /// <summary>
    /// Runs the script on one call. Never throws for anything the script does: one that errs, exceeds a
    /// limit or returns no boolean yields <see cref="Truth.Unknown"/> and tells why through
    /// <see cref="ScriptSource.OnFailure"/>. May be called from any thread.
    /// </summary>
    Truth Match(ICallFields call);
}

/// <summary>What one run of a script may use.</summary>
/// <param name="Instructions">Virtual machine instructions.</param>
/// <param name="Bytes">Memory of the script's whole state, in bytes.</param>
/// <param name="Time">Time of the processor; by the clock a run may take ten times as long, when others use the processor.</param>
public sealed record ScriptLimits(int Instructions, long Bytes, TimeSpan Time)
{
    /// <summary>A million instructions, 16 MiB, 50 ms.</summary>
    public static ScriptLimits Default { get; } = new(1_000_000, 16 << 20, TimeSpan.FromMilliseconds(50));
}

/// <summary>A script before it is compiled.</summary>
/// <param name="Name">The name that rules know it by.</param>
/// <param name="Chunk">Where it comes from, for messages: a file's name, or the name with the configuration's place.</param>
/// <param name="Code">The program text.</param>
/// <param name="Limits">What one run may use.</param>
/// <param name="OnFailure">Told what went wrong, with its traceback; called on the thread that ran the script.</param>
public sealed record ScriptSource(string Name, string Chunk, string Code, ScriptLimits Limits, Action<string> OnFailure);

/// <summary>The engine that scripts run in.</summary>
public interface IScriptEngine
{
    /// <summary>Compiles a script and checks that it defines its entry point.</summary>
    /// <exception cref="Language.PatternException">It does not compile, errs while it is loaded, or has no entry point; the message says where.</exception>
    IScript Compile(ScriptSource source);
}
