namespace Sandgate.Core.Record.Tree;

/// <summary>
/// The processes of one session, put together from its events. Records that tell no starts and ends still tell who made each
/// call, and whose child it was.
/// </summary>
public sealed class ProcessTree
{
    private readonly Dictionary<int, ProcessNode> _last = [];

    /// <summary>All processes in the order in which they were first heard of.</summary>
    public List<ProcessNode> All { get; } = [];

    /// <summary>Those whose parents are outside.</summary>
    public List<ProcessNode> Roots { get; } = [];

    /// <summary>Takes in the next event. Returns the process that it is about; null when it is about none.</summary>
    public ProcessNode? Add(RecordedEvent recorded)
    {
        switch (recorded)
        {
            case CallEvent call:
                ProcessNode caller = Find(call.Caller, call.Time);
                caller.Calls++;
                caller.Denials += call.Verdict.Allowed ? 0 : 1;
                return caller;
            case ProcessStarted started: return Start(started);
            case ProcessExecuted executed: return Find(executed.Caller, executed.Time);
            case ProgramMessage message: return Find(message.Caller, message.Time);
            case ProcessEnded ended when _last.TryGetValue(ended.ProcessId, out ProcessNode? over):
                (over.Ended, over.End, over.Last) = (ended, ended.Time, ended.Time);
                return over;
            default: return null;
        }
    }

    // The numbers of processes are used again. An end can be written down before the last calls are: only a start makes another one.
    private ProcessNode Start(ProcessStarted started)
    {
        if (_last.TryGetValue(started.Caller.ProcessId, out ProcessNode? node) && (node.Calls > 0 || node.Ended is not null))
            _last.Remove(started.Caller.ProcessId);
        ProcessNode begun = Find(started.Caller, started.Time);
        begun.Start = started.Time;
        return begun;
    }

    private ProcessNode Find(Caller caller, DateTimeOffset time)
    {
        if (!_last.TryGetValue(caller.ProcessId, out ProcessNode? node))
        {
            node = new(caller.ProcessId, time) { ParentId = caller.ParentId };
            _last.Add(caller.ProcessId, node);
            All.Add(node);
            (caller.ParentId != caller.ProcessId && _last.TryGetValue(caller.ParentId, out ProcessNode? parent) ? parent.Children : Roots).Add(node);
        }

        node.Last = time > node.Last ? time : node.Last;
        if (caller.Name.Length > 0)
            node.Name = caller.Name;
        node.Executable = caller.Executable ?? node.Executable;
        node.CommandLine = caller.CommandLine ?? node.CommandLine;
        return node;
    }
}
