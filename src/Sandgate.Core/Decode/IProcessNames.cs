using Sandgate.Core.Record;

namespace Sandgate.Core.Decode;

/// <summary>Who a thread is, for records.</summary>
public interface IProcessNames
{
    /// <summary>The process that a thread belongs to; 0 when it is gone.</summary>
    int ProcessOf(int threadId);

    /// <summary>The thread's name; null when it is gone.</summary>
    string? NameOf(int threadId);

    /// <summary>Everything that a record says about who makes a call.</summary>
    Caller CallerOf(int threadId);

    /// <summary>Told of calls after which a process is another one, or none: it executes a program, it ends.</summary>
    /// <param name="threadId">The thread.</param>
    /// <param name="syscall">The kernel's name of the call.</param>
    /// <param name="argument">Its first argument.</param>
    void IsAboutTo(int threadId, string syscall, ulong argument)
    {
    }
}
