using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Sandgate.Core.Decide;
using Sandgate.Core.Decode;
using Sandgate.Core.ProgramChannel;
using Sandgate.Core.Record;
using Sandgate.Linux.Decode;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.ProgramChannel;

/// <summary>
/// The supervisor's side of the channel, on a thread of its own: so many messages a second are taken and answered, the others wait where
/// they are, at the sender's expense. Nothing that is said here changes what anybody may do.
/// </summary>
internal sealed unsafe class ChannelServer : IDisposable
{
    private const int Rate = 200, Burst = 500, EAGAIN = 11, EFD_CLOEXEC = 0x80000;
    private const short POLLIN = 1;

    private readonly SenderProof _proof;
    private readonly Recorder _recorder;
    private readonly string _session;
    private readonly Action<string> _say;
    private readonly ChannelSocket _socket = new();
    private readonly SafeFileHandle _ended;
    private readonly ReceivedMessage _message = new();
    private readonly ProcessNames _names = new();
    private readonly ReadyThread _thread = new("channel");
    private readonly AskedCalls _asked;
    private bool _serves;

    /// <summary>struct pollfd.</summary>
    private struct Polled
    {
        public int Descriptor;
        public short Events, Found;
    }

    /// <summary>Makes the channel.</summary>
    /// <param name="proof">Tells who a sender is.</param>
    /// <param name="policy">The rules of the moment.</param>
    /// <param name="catalogue">The system calls.</param>
    /// <param name="roots">Whether paths may be resolved as the supervisor's own.</param>
    /// <param name="recorder">Where it is written down what the program says.</param>
    /// <param name="session">The session's name.</param>
    /// <param name="say">Prints one message of Sandgate's own.</param>
    public ChannelServer(SenderProof proof, Func<Policy> policy, ICatalogue catalogue, TargetRoots roots, Recorder recorder, string session, Action<string> say)
    {
        (_proof, _recorder, _session, _say) = (proof, recorder, session, say);
        _ended = new((nint)Libc.Call(SyscallNumbers.eventfd2, 0, EFD_CLOEXEC), ownsHandle: true);
        _asked = new(() => new(policy, catalogue, roots), Report);
    }

    /// <summary>Puts the program's end where it will be inherited, and its number into the environment.</summary>
    public void Offer(List<byte[]> environment, IEnumerable<ulong?> limits) =>
        environment.Add(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{ChannelSocket.Variable}={_socket.Offer(limits)}")));

    /// <summary>The program has its end now.</summary>
    public void IsTaken() => _socket.IsTaken();

    /// <summary>Begins to answer.</summary>
    public void Serve()
    {
        _proof.Begin();
        _serves = true;
        _thread.Do(Run);
    }

    /// <summary>Nobody is left: what was said is still heard, as far as the bound goes.</summary>
    public void TreeHasEnded()
    {
        ulong one = 1;

        // SAFETY: one lives on this stack for the whole call.
        Libc.Call(SyscallNumbers.write, _ended.DangerousGetHandle(), (long)(&one), sizeof(ulong));
        if (_serves)
            _thread.Join(TimeSpan.FromSeconds(2));
    }

    private void Run()
    {
        try
        {
            TokenBucket bucket = new(Rate, Burst, TimeProvider.System);
            bool ended = false, open = true;
            while (open && !ended)
            {
                TimeSpan? patience = _asked.GiveUp();
                TimeSpan pause = bucket.Wait();
                ended = WaitFor(listens: pause == TimeSpan.Zero, pause > TimeSpan.Zero ? pause : patience, out bool heard);
                if (heard && !ended)
                    open = TakeOne(bucket) != Taken.End;
            }

            while (ended && bucket.Wait() == TimeSpan.Zero && TakeOne(bucket) == Taken.Message)
            {
            }
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            Report(failure);
        }
        finally
        {
            _message.Release();
        }
    }

    // True when the tree has ended.
    private bool WaitFor(bool listens, TimeSpan? patience, out bool heard)
    {
        Polled* polled = stackalloc Polled[2];
        polled[0] = new() { Descriptor = (int)_ended.DangerousGetHandle(), Events = POLLIN, Found = 0 };
        polled[1] = new() { Descriptor = listens ? _socket.Descriptor : -1, Events = POLLIN };

        // SAFETY: two of them live on this stack for the whole call.
        Libc.CallBlocking(SyscallNumbers.poll, (long)polled, 2, patience is { } time ? (long)Math.Ceiling(time.TotalMilliseconds) : -1);
        heard = polled[1].Found != 0;
        return polled[0].Found != 0;
    }

    private enum Taken : byte
    {
        Nothing,
        Message,
        End,
    }

    private Taken TakeOne(TokenBucket bucket)
    {
        int length = _socket.Receive(_message);
        if (length < 0)
            return length == -EAGAIN ? Taken.Nothing : Taken.End;
        if (_message.IsEnd)
            return Taken.End;
        bucket.Take();
        Hear();
        _message.Release();
        return Taken.Message;
    }

    private void Hear()
    {
        bool isRequest = _message.IsWhole && !_message.HasTooMany;
        ReplySocket reply = ReplySocket.For(_message, _socket);
        bool keeps = false;
        try
        {
            if (isRequest)
                keeps = Hear(ChannelReader.Read(_message.Text), reply);
            else
                reply.Send(ChannelAnswer.Refused(null, $"a message has at most {ChannelReader.MaxLength} bytes and one descriptor"));
        }
        catch (ChannelException bad)
        {
            reply.Send(ChannelAnswer.Refused(null, bad.Message));
        }
        finally
        {
            if (!keeps)
                reply.Dispose();
        }
    }

    // True when somebody else answers.
    private bool Hear(ChannelRequest request, ReplySocket reply)
    {
        if (request is EmitRequest emit)
        {
            Write(emit, reply);
            return false;
        }

        if (_proof.Of(_message) == Standing.Stranger)
            return false;
        if (request is AskRequest ask)
        {
            _asked.Add(ask, _message.Sender, reply);
            return true;
        }

        reply.Send(ChannelAnswer.Session(request.Id, _session));
        return false;
    }

    private void Write(EmitRequest emit, ReplySocket reply)
    {
        Caller caller = _names.CallerOf(_message.Sender) with { ProcessId = _message.Sender };
        Standing standing = _proof.Of(_message);
        if (standing == Standing.Stranger)
            return;

        // What was read of one that is gone may be another's.
        if (_message.IsHeld && !_message.IsStillThere())
            caller = new() { ProcessId = _message.Sender, Name = "" };
        _recorder.Record(new ProgramMessage { Time = TimeProvider.System.GetUtcNow(), Caller = caller, IsProven = standing == Standing.Proven, Json = emit.Json });

        // Nobody who only tells something looks for answers on the channel: they would be in the way of others'.
        if (reply.IsOwn)
            reply.Send(ChannelAnswer.Done(emit.Id));
    }

    private void Report(Exception failure) => _say($"a defect in Sandgate: its channel failed: {failure}");

    /// <inheritdoc/>
    public void Dispose()
    {
        TreeHasEnded();
        _thread.Dispose();
        _asked.Dispose();
        _socket.Dispose();
        _ended.Dispose();
    }
}
