using System.Globalization;
using Sandgate.Core.Control;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Control;

/// <summary>Serves the clients of one session, all on one thread that never waits for any of them.</summary>
internal sealed unsafe class ControlServer : IDisposable
{
    private const int MostClients = 16, ListenAfter = 50, SweepAfter = 300;
    private const int EFD_CLOEXEC_NONBLOCK = 0x80800;
    private static readonly TimeSpan s_farewell = TimeSpan.FromMilliseconds(300), s_patience = TimeSpan.FromSeconds(5);

    private readonly string _path;
    private readonly ISteered _session;
    private readonly Action<string> _say;
    private readonly Action<Feed> _onFeed;
    private readonly ReadyThread _thread = new("control");
    private readonly int _wake = (int)Libc.Call(SyscallNumbers.eventfd2, 0, EFD_CLOEXEC_NONBLOCK);
    private readonly Queue<Introduced> _introduced = [];
    private readonly Lock _listing = new();
    private readonly List<Connection> _clients = [];
    private ListeningSocket? _socket;
    private Action? _whenListening;
    private bool _sweeps;
    private volatile bool _started, _ending;

    // A class, as all that is kept in lists here: the runtime's ready-made code serves no values, and compiling takes longer than listening.
    private sealed record Introduced(int Socket, string By);

    /// <summary>Makes the thread ready.</summary>
    /// <param name="path">The directory of sockets.</param>
    /// <param name="session">Who is steered.</param>
    /// <param name="say">Prints one message.</param>
    /// <param name="onFeed">Told what all clients together want to be told.</param>
    public ControlServer(string path, ISteered session, Action<string> say, Action<Feed> onFeed) => (_path, _session, _say, _onFeed) = (path, session, say, onFeed);

    /// <summary>Begins to listen. The program runs already: nobody waits for this.</summary>
    /// <param name="sweeps">True when sockets that killed supervisors left behind are removed.</param>
    /// <param name="whenListening">Done when there is a socket, or has turned out to be none.</param>
    public void Start(bool sweeps, Action whenListening)
    {
        (_sweeps, _whenListening, _started) = (sweeps, whenListening, true);
        _thread.Do(Run);
    }

    /// <summary>Hands over a client that has proved who it is already.</summary>
    public void Introduce(int socket, string by)
    {
        lock (_listing)
            _introduced.Enqueue(new(socket, by));
        Wake();
    }

    /// <summary>Tells a line to everybody who wants such lines. Any thread may.</summary>
    public void Tell(Feed feed, byte[] line) => Tell(feed, () => line);

    /// <summary>The same; the line is made if there is anybody to tell.</summary>
    public void Tell(Feed feed, Func<byte[]> line)
    {
        bool first = false;
        byte[]? made = null;
        lock (_listing)
        {
            foreach (Connection client in _clients)
                first |= (client.Feed & feed) != 0 && client.Outbox.Tell(made ??= line());
        }

        if (first)
            Wake();
    }

    /// <summary>Says goodbye, and takes the socket away.</summary>
    public void End()
    {
        _ending = true;
        if (!_started)
            return;
        Wake();
        _thread.Join(s_patience);
    }

    private void Wake()
    {
        ulong one = 1;

        // SAFETY: one lives on this stack for the whole call.
        Libc.Call(SyscallNumbers.write, _wake, (long)(&one), sizeof(ulong));
    }

    private void Run()
    {
        try
        {
            // Nobody steers a program that is over before he could: it starts as fast as without all this.
            Turn(ListenAfter);
            if (_ending)
            {
                SweepAtEnd();
                return;
            }

            _socket = ListeningSocket.Open(_path, _session.Session, out string problem);
            if (_socket is null && problem.Length > 0 && Directory.Exists(_path))
                _say($"this run can't be steered: {problem}");
            _whenListening?.Invoke();

            // Others' leavings have time until the program is busy with itself.
            if (!_ending)
                Turn(SweepAfter);
            if (_sweeps)
                _socket?.Sweep();
            while (!_ending)
                Turn(-1);
            Farewell();
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            _say($"a defect in Sandgate: this run can't be steered any more: {failure}");
        }
        finally
        {
            _socket?.Dispose();
            lock (_listing)
            {
                _clients.ForEach(c => c.Dispose());
                _clients.Clear();
            }

            _onFeed(Feed.None);
        }
    }

    // A killed supervisor's socket goes at the latest with the next run, however short that is.
    private void SweepAtEnd()
    {
        using ControlDirectory? directory = _sweeps ? ControlDirectory.Open(_path, make: false, out _) : null;
        directory?.Sweep();
    }

    private void Turn(int patience)
    {
        Connection[] clients = [.. _clients];
        Span<PollDescriptor> polls = stackalloc PollDescriptor[3 + clients.Length];
        polls[0] = new() { Descriptor = _wake, Events = PollDescriptor.POLLIN };
        polls[1] = new() { Descriptor = _socket?.Descriptor ?? -1, Events = PollDescriptor.POLLIN };
        polls[2] = new() { Descriptor = _socket?.Changes ?? -1, Events = PollDescriptor.POLLIN };
        for (int i = 0; i < clients.Length; i++)
            polls[3 + i] = new() { Descriptor = clients[i].Socket, Events = (short)(PollDescriptor.POLLIN | (clients[i].HasOutput ? PollDescriptor.POLLOUT : 0)) };
        UnixSocket.Poll(polls, patience);
        if (polls[0].Returned != 0)
            Rest();
        for (int i = 0; i < clients.Length; i++)
        {
            if (!Serve(clients[i], polls[3 + i].Returned))
                Drop(clients[i]);
        }

        if (polls[2].Returned != 0)
            _socket!.Restore();
        if (polls[1].Returned != 0)
            Accept();
        while (NextIntroduced() is { } next)
            Admit(next.Socket, next.By);
    }

    private Introduced? NextIntroduced()
    {
        lock (_listing)
            return _introduced.TryDequeue(out Introduced? next) ? next : null;
    }

    private void Rest()
    {
        ulong count;

        // SAFETY: count lives on this stack for the whole call.
        Libc.Call(SyscallNumbers.read, _wake, (long)(&count), sizeof(ulong));
    }

    private bool Serve(Connection client, short returned)
    {
        Feed before = client.Feed;
        if ((returned & ~PollDescriptor.POLLOUT) != 0 && !client.Read(line => ControlDispatch.Reply(line, _session, client)))
            return false;
        if (client.Feed != before)
            FeedHasChanged();
        return !client.HasOutput || client.Write();
    }

    private void Accept()
    {
        int accepted = UnixSocket.Accept(_socket!.Descriptor);
        if (accepted < 0)
            return;
        string? refused = PeerCheck.Refuses(accepted, out PeerCredentials peer);
        if (refused is null)
        {
            Admit(accepted, string.Create(CultureInfo.InvariantCulture, $"uid {peer.UserId} pid {peer.ProcessId}"));
            return;
        }

        UnixSocket.Send(accepted, ControlDispatch.Refusal(null, $"refused: {refused}"));
        Files.Close(accepted);
    }

    private void Admit(int socket, string by)
    {
        if (_clients.Count >= MostClients)
        {
            UnixSocket.Send(socket, ControlDispatch.Refusal(null, "refused: there are 16 clients already"));
            Files.Close(socket);
            return;
        }

        lock (_listing)
            _clients.Add(new(socket, by));
    }

    private void Drop(Connection client)
    {
        lock (_listing)
            _clients.Remove(client);
        client.Dispose();
        FeedHasChanged();
    }

    private void FeedHasChanged()
    {
        Feed all = Feed.None;
        foreach (Connection client in _clients)
            all |= client.Feed;
        _onFeed(all);
    }

    // What was told at the end should still be read; a client that doesn't is not waited for.
    private void Farewell()
    {
        long until = Environment.TickCount64 + (long)s_farewell.TotalMilliseconds;
        while (_clients.Exists(c => c.HasOutput) && Environment.TickCount64 < until)
            Turn(20);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        End();
        _thread.Dispose();
        if (_wake >= 0 && !_started)
            Files.Close(_wake);
    }
}
