using Sandgate.Core.Decide;
using Sandgate.Core.Trap;

namespace Sandgate.Core.Record;

/// <summary>A recorded call as a <see cref="Call"/>, so that rules and filters can be asked about it again.</summary>
public static class RecordedCall
{
    /// <summary>The call, as far as it was recorded: without views when the record has no details.</summary>
    public static Call Of(CallEvent recorded) => new()
    {
        ThreadId = recorded.ThreadId,
        Syscall = recorded.Syscall,
        Views = recorded.Views as CallView[] ?? [.. recorded.Views],

        // With which errno it was to fail is not recorded, and no rule asks.
        CertainErrno = recorded.Outcome == Outcome.Failed ? Errnos.EPERM : 0,
        Facts = FactsOf(recorded),
    };

    private static CallFacts FactsOf(CallEvent recorded)
    {
        Caller caller = recorded.Caller;
        return new()
        {
            ProcessId = caller.ProcessId,
            UserId = caller.UserId,
            Name = caller.Name,
            Executable = caller.Executable,
            ParentExecutable = caller.ParentExecutable,
            CommandLine = caller.CommandLine,
            WorkingDirectory = caller.WorkingDirectory,
            Sha256 = recorded.Facts?.Sha256,
            IsLaunch = recorded.Facts?.IsLaunch == true,
            Registers = recorded.Facts?.Registers,
            DescriptorRegister = recorded.Facts?.DescriptorRegister ?? -1,
            Domains = recorded.Facts?.Domains,
            Recorded = recorded,
        };
    }
}
