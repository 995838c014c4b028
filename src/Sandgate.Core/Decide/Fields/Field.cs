namespace Sandgate.Core.Decide.Fields;

/// <summary>What a condition can ask of a call. The names that rules use are in <see cref="FieldCatalogue"/>.</summary>
public enum Field : byte
{
    /// <summary>The call's whole text, <c>open('/etc/passwd', 'r')</c>.</summary>
    Call,
    /// <summary>The operation's name.</summary>
    Operation,
    /// <summary>The kernel's name of the system call.</summary>
    Syscall,
    /// <summary>The file that the call is about.</summary>
    Path,
    /// <summary>The second file, of calls that have two.</summary>
    Path2,
    /// <summary>How a file is opened or accessed, or permission bits.</summary>
    Mode,
    /// <summary>The descriptor that the call uses.</summary>
    Fd,
    /// <summary>The bytes that the call writes or sends.</summary>
    Data,
    /// <summary>How many bytes the call writes or sends.</summary>
    Size,
    /// <summary>A socket's address.</summary>
    Address,
    /// <summary>The address without its port.</summary>
    Host,
    /// <summary>The port of an address.</summary>
    Port,
    /// <summary>The names under which the address, or the server a message is for, is known.</summary>
    Domain,
    /// <summary>The file that the process runs.</summary>
    Exe,
    /// <summary>The thread's name for itself.</summary>
    Comm,
    /// <summary>The process's command line.</summary>
    Cmdline,
    /// <summary>The file that the process's parent runs.</summary>
    ParentExe,
    /// <summary>The process's id.</summary>
    Pid,
    /// <summary>The process's effective user id.</summary>
    Uid,
    /// <summary>The process's working directory.</summary>
    Cwd,
    /// <summary>The SHA-256 of the file that is opened or executed.</summary>
    Sha256,
    /// <summary>Whether this is the execve by which Sandgate starts the command.</summary>
    Launch,
    /// <summary>The first argument register.</summary>
    Arg0,
    /// <summary>The second argument register.</summary>
    Arg1,
    /// <summary>The third argument register.</summary>
    Arg2,
    /// <summary>The fourth argument register.</summary>
    Arg3,
    /// <summary>The fifth argument register.</summary>
    Arg4,
    /// <summary>The sixth argument register.</summary>
    Arg5,
    /// <summary>What was decided; of recorded calls only, as everything below.</summary>
    Verdict,
    /// <summary>What a refused call failed with.</summary>
    Errno,
    /// <summary>Why it was decided so.</summary>
    Reason,
    /// <summary>The rule that decided.</summary>
    Rule,
    /// <summary>How binding the verdict was.</summary>
    Binding,
    /// <summary>What became of the call.</summary>
    Outcome,
    /// <summary>How long the thread was held.</summary>
    Held,
    /// <summary>How long it took to judge the call.</summary>
    Cost,
    /// <summary>The thread.</summary>
    Tid,
    /// <summary>The event's number.</summary>
    N,
}
