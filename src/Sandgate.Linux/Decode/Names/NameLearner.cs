using System.Buffers.Binary;
using System.Net;
using Sandgate.Core;
using Sandgate.Core.Decode;
using Sandgate.Core.Decode.Names;
using Sandgate.Core.Trap;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Decode.Names;

/// <summary>
/// Learns the names of addresses from the answers that the program gets, and tells them. One for the whole tree,
/// used from every thread that decodes. Nothing is ever learnt from the program's memory: its questions only say what
/// is worth asking, its greetings only what it says itself.
/// </summary>
internal sealed class NameLearner
{
    /// <summary>The port of resolvers.</summary>
    public const int Port = 53;

    /// <summary>A plain read of so much and more is none of an answer; a power of two.</summary>
    public const uint LargestRoom = 128 * 1024;

    private const int QuestionRoom = 2048, GreetingMark = 3, MaxMessages = 64;

    private readonly NameBook _book;
    private readonly NameFiles _files;
    private readonly AnswerPeek _answers;
    private readonly OwnQuestions _questions;
    private readonly DnsSockets _sockets = new();
    private volatile bool _looksInVain;

    /// <summary>Makes a learner.</summary>
    public NameLearner(TimeProvider clock)
    {
        _book = new(clock);
        _files = new(_book);
        _answers = new(_book, _files);
        _questions = new(_book, _files.Find, clock);
        _files.Refresh();
    }

    /// <summary>The calls that must stop so that names can be learnt. Of the plain reads and writes, only those above the standard streams.</summary>
    public static ReadOnlySpan<int> Calls =>
    [
        SyscallNumbers.connect, SyscallNumbers.sendto, SyscallNumbers.sendmsg, SyscallNumbers.sendmmsg,
        SyscallNumbers.recvfrom, SyscallNumbers.recvmsg, SyscallNumbers.recvmmsg,
    ];

    /// <summary>The others, which only matter above the standard streams.</summary>
    public static ReadOnlySpan<int> PlainCalls => [SyscallNumbers.read, SyscallNumbers.readv, SyscallNumbers.write, SyscallNumbers.writev];

    /// <summary>What must be decoded for <see cref="Observe"/>, beyond what rules want.</summary>
    public static Needs NeedsOf(Stop stop) => stop.Number switch
    {
        SyscallNumbers.connect or SyscallNumbers.sendmsg or SyscallNumbers.sendmmsg => Needs.Addresses,
        SyscallNumbers.sendto when stop.Register(4) != 0 => Needs.Addresses,
        _ => Needs.None,
    };

    /// <summary>
    /// Looks at a call of the program. Answers that wait for it are read at once. What the call itself does counts only
    /// if it is let go on; that is the action returned, if any.
    /// </summary>
    public Action? Observe(Stop stop, Signature signature, IReadOnlyList<CallView> views)
    {
        int descriptor = (int)stop.Register(0);
        switch (stop.Number)
        {
            case SyscallNumbers.connect:
                return ServerIn(views[0]) is { } server && DnsSockets.InodeOf(stop.ThreadId, descriptor) is { } inode
                    ? () => _sockets.Add(inode, server) : null;
            case SyscallNumbers.recvfrom or SyscallNumbers.recvmsg or SyscallNumbers.recvmmsg or SyscallNumbers.read or SyscallNumbers.readv:
                if (_sockets.ServerOf(stop.ThreadId, descriptor) is not null)
                {
                    _files.Refresh();
                    _looksInVain = !_answers.Look(stop.ThreadId, descriptor);
                }

                return null;
            case SyscallNumbers.sendto or SyscallNumbers.sendmsg or SyscallNumbers.sendmmsg or SyscallNumbers.write or SyscallNumbers.writev:
                return ObserveSent(stop, signature, views, descriptor);
            default:
                return null;
        }
    }

    private Action? ObserveSent(Stop stop, Signature signature, IReadOnlyList<CallView> views, int descriptor)
    {
        IPAddress? connected = _sockets.ServerOf(stop.ThreadId, descriptor);
        List<(IPAddress Server, DnsQuestion Question)>? asked = null;
        int nth = 0;
        foreach (CallView view in views)
        {
            if (view.Operation is not (Operation.Send or Operation.Write) || nth == MaxMessages)
                break;
            IPAddress? server = view.Operation == Operation.Send && AddressIn(view) is not null ? ServerIn(view) : connected;
            if (server is not null)
            {
                foreach (DnsQuestion question in QuestionsIn(SentBytes.Read(stop, signature, nth, QuestionRoom)))
                    (asked ??= []).Add((server, question));
            }

            nth++;
        }

        if (asked is null)
            return null;
        ulong? inode = DnsSockets.InodeOf(stop.ThreadId, descriptor);
        return () =>
        {
            foreach ((IPAddress server, DnsQuestion question) in asked)
            {
                if (inode is { } socket)
                    _sockets.Add(socket, server);
                _book.Asked(question, server);
            }
        };
    }

    // One in a datagram; in a stream perhaps several, each after its length.
    private static List<DnsQuestion> QuestionsIn(ReadOnlySpan<byte> bytes)
    {
        if (DnsMessage.TryParse(bytes, out DnsMessage datagram))
            return [datagram.Question];
        List<DnsQuestion> questions = [];
        while (bytes.Length > 2 && DnsMessage.TryParse(bytes[2..], out DnsMessage message))
        {
            questions.Add(message.Question);
            bytes = bytes[Math.Min(bytes.Length, 2 + BinaryPrimitives.ReadUInt16BigEndian(bytes))..];
        }

        return questions;
    }

    private static IPEndPoint? AddressIn(CallView view) =>
        view.Arguments.Length > 0 && view.Arguments[0] is { Kind: not ArgumentKind.Address, Given: { } text } ? KernelSocket.EndPointOf(text) : null;

    // Only whom the system itself would ask: the supervisor asks nobody else, and believes nobody else.
    private IPAddress? ServerIn(CallView view)
    {
        if (AddressIn(view) is not { Port: Port } end)
            return null;
        _files.Refresh();
        return _files.Find(end.Address) is null ? null : end.Address;
    }

    /// <summary>
    /// The names by which the address of a call is known; for bytes that are sent, also the server that they name.
    /// Empty when there is none; null when it can't be told, or when the call's addresses have different ones.
    /// </summary>
    /// <param name="stop">The stopped thread.</param>
    /// <param name="signature">Its call.</param>
    /// <param name="views">The call's views, decoded with addresses.</param>
    /// <param name="mayBlock">False on the loop's thread.</param>
    /// <param name="wouldBlock">True when only a thread that may wait can tell: a resolver must be asked.</param>
    public IReadOnlyList<string>? DomainsOf(Stop stop, Signature signature, IReadOnlyList<CallView> views, bool mayBlock, out bool wouldBlock)
    {
        wouldBlock = false;
        List<IPEndPoint?> ends = [];
        bool sends = false;
        foreach (CallView view in views)
        {
            switch (view.Operation)
            {
                case Operation.Connect or Operation.Send or Operation.Receive:
                    if (view.Arguments is not [{ Kind: not ArgumentKind.Address, Given: { } text }, ..])
                        return null;
                    ends.Add(KernelSocket.EndPointOf(text));
                    sends |= view.Operation == Operation.Send;
                    break;
                case Operation.Read or Operation.Write:
                    if (!TryPeer(stop, signature, view.Operation, out IPEndPoint? peer, out bool isSocket))
                        return null;
                    if (isSocket)
                        ends.Add(peer);
                    sends |= isSocket && view.Operation == Operation.Write;
                    break;
            }
        }

        if (ends.Count == 0)
            return [];
        _files.Refresh();
        IReadOnlyList<string> names = NamesOf(ends[0], mayBlock, ref wouldBlock);
        for (int i = 1; i < ends.Count; i++)
        {
            if (!Equals(ends[i], ends[0]) && !names.Order().SequenceEqual(NamesOf(ends[i], mayBlock, ref wouldBlock).Order()))
                return null;
        }

        if (wouldBlock)
            return null;
        return sends && Greeted(stop, signature) is { } greeted && !names.Contains(greeted) ? [.. names, greeted] : names;
    }

    private IReadOnlyList<string> NamesOf(IPEndPoint? end, bool mayBlock, ref bool wouldBlock)
    {
        if (end is null)
            return [];
        IReadOnlyList<string> names = _book.NamesOf(end.Address);

        // A name that is known may not be the only one, where answers can't be seen. The resolver itself needs no question.
        if ((names.Count > 0 && !_looksInVain) || !_questions.MayAsk || (end.Port == Port && _files.Find(end.Address) is not null))
            return names;
        if (!mayBlock)
        {
            wouldBlock = true;
            return names;
        }

        _questions.Ask(() => !_looksInVain && _book.NamesOf(end.Address).Count > 0);
        return _book.NamesOf(end.Address);
    }

    // Who is at the other end of a descriptor, if it is a socket. False when that can't be told.
    private static bool TryPeer(Stop stop, Signature signature, Operation operation, out IPEndPoint? peer, out bool isSocket)
    {
        (peer, isSocket) = (null, false);
        int at = Array.IndexOf(signature.Roles, operation == Operation.Read ? Role.ReadFd : Role.WriteFd);
        if (at < 0 && stop.Number == SyscallNumbers.mmap)
            at = Array.IndexOf(signature.Roles, Role.WriteFd);
        if (at < 0)
            return false;
        int descriptor = (int)stop.Register(at);
        if (DnsSockets.InodeOf(stop.ThreadId, descriptor) is null)
            return true;
        isSocket = true;
        if (!SocketNames.TryAsk(stop.ThreadId, descriptor, peer: true, out Argument? address))
            return false;
        peer = address is { Given: { } text } ? KernelSocket.EndPointOf(text) : null;
        return true;
    }

    private static string? Greeted(Stop stop, Signature signature)
    {
        int messages = Array.IndexOf(signature.Roles, Role.InMessages) >= 0 ? MaxMessages : 1;
        for (int i = 0; i < messages; i++)
        {
            byte[] first = SentBytes.Read(stop, signature, i, GreetingMark);
            if (first.Length == 0)
                return null;
            if (ClientHello.MayBegin(first))
                return ClientHello.ServerName(SentBytes.Read(stop, signature, i, ClientHello.MaxLength));
        }

        return null;
    }
}
