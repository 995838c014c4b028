using Sandgate.Core.Decode;

namespace Sandgate.Linux.Decode;

/// <inheritdoc/>
internal sealed class ProcessNames : IProcessNames
{
    /// <inheritdoc/>
    public int ProcessOf(int threadId) => ProcessFacts.ProcessOf(threadId);

    /// <inheritdoc/>
    public string? NameOf(int threadId) => ProcessFacts.NameOf(threadId);
}
