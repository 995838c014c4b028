using Sandgate.Linux.Decode;

namespace Sandgate.Linux.Enforce.Sockets;

/// <summary>
/// Who asked for the connections of Unix sockets that the supervisor made: the kernel knows only that it made them. By the sockets' inodes; of
/// many the latest. Shared by all threads.
/// </summary>
internal sealed class ConnectionBook
{
    private const int Most = 16384;

    private readonly Lock _lock = new();
    private readonly Dictionary<uint, Connecter> _connecters = [];
    private readonly Queue<uint> _oldest = new();

    /// <summary>A process that connected, as it was then.</summary>
    /// <param name="Processes">Its ids, from the supervisor's PID namespace to its own.</param>
    /// <param name="User">Its effective user, as the supervisor counts.</param>
    /// <param name="Group">Its effective group.</param>
    public sealed record Connecter(int[] Processes, uint User, uint Group);

    /// <summary>Notes that a thread's process is about to be connected.</summary>
    /// <param name="inode">The inode of its socket.</param>
    /// <param name="threadId">The thread.</param>
    public void Note(uint inode, int threadId)
    {
        if (PeerIdentity.Of(threadId) is not var (user, group))
            return;
        Connecter connecter = new(InnerIds.OfProcess(threadId), user, group);
        lock (_lock)
        {
            if (!_connecters.ContainsKey(inode))
                _oldest.Enqueue(inode);
            _connecters[inode] = connecter;
            if (_oldest.Count > Most)
                _connecters.Remove(_oldest.Dequeue());
        }
    }

    /// <summary>Who connected a socket; null when that isn't known.</summary>
    public Connecter? Find(uint inode)
    {
        lock (_lock)
            return _connecters.GetValueOrDefault(inode);
    }

    /// <summary>True when nobody was noted.</summary>
    public bool IsEmpty
    {
        get
        {
            lock (_lock)
                return _connecters.Count == 0;
        }
    }
}
