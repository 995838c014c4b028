namespace Sandgate.Scripting.Patterns;

/// <summary>A Lua pattern that is malformed or takes too long. Never leaves the managed callback that it arose in.</summary>
internal sealed class PatternProblem(string message, bool isLimit = false) : Exception(message)
{
    /// <summary>True when a limit was struck.</summary>
    public bool IsLimit { get; } = isLimit;
}
