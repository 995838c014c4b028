namespace Sandgate.Core.Decode;

/// <summary>Who a thread is, for records.</summary>
public interface IProcessNames
{
    /// <summary>The process that a thread belongs to; 0 when it is gone.</summary>
    int ProcessOf(int threadId);

    /// <summary>The thread's name; null when it is gone.</summary>
    string? NameOf(int threadId);
}
