using Sandgate.Core.Decode;
using Sandgate.Core.Record;

namespace Sandgate.Linux.Decode;

/// <inheritdoc/>
internal sealed class ProcessNames : IProcessNames
{
    /// <inheritdoc/>
    public int ProcessOf(int threadId) => ProcessFacts.ProcessOf(threadId);

    /// <inheritdoc/>
    public string? NameOf(int threadId) => ProcessFacts.NameOf(threadId);

    /// <inheritdoc/>
    public Caller CallerOf(int threadId)
    {
        int parent = ProcessFacts.ParentOf(threadId);
        return new()
        {
            ProcessId = ProcessFacts.ProcessOf(threadId),
            Name = ProcessFacts.NameOf(threadId) ?? "",
            ParentId = parent,
            UserId = ProcessFacts.UserOf(threadId),
            Executable = ProcessFacts.ExecutableOf(threadId),
            ParentExecutable = ProcessFacts.ExecutableOf(parent),
            CommandLine = ProcessFacts.CommandLineOf(threadId),
            WorkingDirectory = ProcessFacts.DirectoryOf(threadId),
        };
    }
}
