namespace Sandgate.Cli;

/// <summary>Exit statuses that are Sandgate's own.</summary>
internal static class ExitStatus
{
    /// <summary>The sandbox could not be set up; nothing ran.</summary>
    public const int SetUpFailed = 125;
}
