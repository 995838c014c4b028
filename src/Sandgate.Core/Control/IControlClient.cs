namespace Sandgate.Core.Control;

/// <summary>What a client wants to be told without asking.</summary>
[Flags]
public enum Feed : byte
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Calls that are denied or logged, and what becomes of the session.</summary>
    Denials = 1,

    /// <summary>Every call that rules look at.</summary>
    Events = 2,

    /// <summary>Questions, which then wait for an answer.</summary>
    Asks = 4,
}

/// <summary>Somebody who steers a session.</summary>
public interface IControlClient
{
    /// <summary>Who that is: <c>uid 1000 pid 42</c>.</summary>
    string By { get; }

    /// <summary>What it is told.</summary>
    Feed Feed { get; set; }
}
