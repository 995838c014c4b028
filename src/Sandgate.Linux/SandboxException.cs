using Sandgate.Core.Decide;

namespace Sandgate.Linux;

/// <summary>The sandbox could not be set up, or broke. Nothing may run after it.</summary>
public sealed class SandboxException : Exception
{
    /// <summary>A step failed.</summary>
    /// <param name="step">What was tried, in words: "install the filter".</param>
    /// <param name="errno">The kernel's answer.</param>
    /// <param name="wayOut">What the user can do.</param>
    public SandboxException(string step, int errno, string wayOut)
        : base($"cannot {step}: {Errnos.NameOf(errno)}; {wayOut}")
    {
        Step = step;
        Errno = errno;
    }

    /// <summary>Something that was asked for can't be had.</summary>
    public SandboxException(string message)
        : base(message) => Step = "";

    /// <summary>What was tried.</summary>
    public string Step { get; }

    /// <summary>The kernel's answer.</summary>
    public int Errno { get; }
}
