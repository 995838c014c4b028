namespace Sandgate.Core.Control;

/// <summary>A request can't be read, or can't be done. Its message is what the client is told.</summary>
public sealed class ControlException : Exception
{
    /// <summary>Makes the exception.</summary>
    public ControlException(string message)
        : base(message)
    {
    }
}
