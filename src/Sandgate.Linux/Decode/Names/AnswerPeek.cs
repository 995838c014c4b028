using System.Buffers.Binary;
using System.Net;
using Sandgate.Core.Decode.Names;

namespace Sandgate.Linux.Decode.Names;

/// <summary>
/// Reads the answers that wait in a socket of the program, without taking them away. What is read is the kernel's
/// and not the program's, but the program owns the socket and chooses when and how it is read. Everything here
/// guards against one thing: that bytes which a stranger chose (the text in some record) pass for the
/// beginning of an answer.
/// </summary>
/// <param name="book">Where answers are written.</param>
/// <param name="files">Who is believed.</param>
internal sealed class AnswerPeek(NameBook book, NameFiles files)
{
    private const int SOL_SOCKET = 1, SO_TYPE = 3, SO_PROTOCOL = 38, SO_PEEK_OFF = 42, SO_COOKIE = 57, SO_NETNS_COOKIE = 71;
    private const int IPPROTO_TCP = 6, IPPROTO_UDP = 17, TCP_ULP = 31;
    private const int MaxStreams = 128, DatagramRoom = 16 * 1024, StreamRoom = 160 * 1024, PrefixLength = 2;

    // Cookie of the network that the supervisor itself is in; 0 when the kernel tells none (before 5.14).
    private readonly ulong _network = OwnNetwork();

    private readonly Lock _lock = new();
    private readonly Dictionary<ulong, Stream> _streams = [];

    /// <summary>Where in a stream the next message begins that was not seen whole, and what was seen of it.</summary>
    private readonly record struct Stream(long Next, byte[] Begun);

    /// <summary>Looks at what waits in a socket. False when the supervisor can't look.</summary>
    public bool Look(int threadId, int descriptor)
    {
        if (_network == 0)
            return false;
        using KernelSocket? socket = KernelSocket.CopyOf(threadId, descriptor);
        if (socket is null)
            return false;

        // In a network of its own the program can be any resolver that it likes. And where a peek moves on, one more would be noticed.
        if (!socket.HasData() || !socket.TryOption(SOL_SOCKET, SO_NETNS_COOKIE, out ulong network) || network != _network
            || !socket.TryOption(SOL_SOCKET, SO_PEEK_OFF, out ulong offset) || (int)offset >= 0
            || !socket.TryOption(SOL_SOCKET, SO_TYPE, out ulong type) || !socket.TryOption(SOL_SOCKET, SO_PROTOCOL, out ulong protocol))
            return true;
        switch (type, protocol)
        {
            case (KernelSocket.SOCK_DGRAM, IPPROTO_UDP): LookAtDatagram(socket); break;
            case (KernelSocket.SOCK_STREAM, IPPROTO_TCP): LookAtStream(socket); break;
        }

        return true;
    }

    private bool Believes(IPEndPoint? source) =>
        source is { Port: NameLearner.Port } && files.Find(source.Address) is { } server && !(server.IsHere && NameFiles.AnyoneMayServe());

    // With SO_PEEK_OFF, if it is set in the last moment, the program can have a peek begin inside a datagram. MSG_TRUNC returns the whole length nevertheless, so that
    // then the buffer's end stays as it was: if the last byte changed, everything before it came from the beginning.
    private void LookAtDatagram(KernelSocket socket)
    {
        byte[] bytes = new byte[DatagramRoom];
        foreach (byte fill in (ReadOnlySpan<byte>)[0x00, 0xff])
        {
            bytes.AsSpan().Fill(fill);
            int count = socket.Receive(bytes, KernelSocket.MSG_PEEK | KernelSocket.MSG_TRUNC, out IPEndPoint? source);
            if (count <= 0 || count > bytes.Length || !Believes(source))
                return;
            if (bytes[count - 1] != fill)
            {
                Learn(bytes.AsSpan(0, count));
                return;
            }
        }
    }

    // Where in the stream the peeked bytes stand is computed from how many have ever come: the program may have read some already, or have
    // the peek begin later. That number doesn't change between the two looks at it, so it held for the peek.
    private void LookAtStream(KernelSocket socket)
    {
        if (!Believes(socket.Peer()) || !socket.TryOption(SOL_SOCKET, SO_COOKIE, out ulong cookie))
            return;
        byte[] bytes = new byte[StreamRoom];
        for (int attempt = 0; attempt < 3; attempt++)
        {
            long before = socket.Received();
            int count = socket.Receive(bytes, KernelSocket.MSG_PEEK, out _);
            if (before < 0 || count <= 0 || count == bytes.Length)
                return;
            if (socket.Received() != before)
                continue;

            // A layer between (TLS in the kernel) yields other bytes than those that came. Once it is there it stays, so that asking afterwards is enough.
            if (!socket.TryOption(IPPROTO_TCP, TCP_ULP, out ulong layer) || layer != 0)
                return;
            lock (_lock)
            {
                Stream known = _streams.GetValueOrDefault(cookie, new(0, []));
                if (_streams.Count >= MaxStreams)
                    _streams.Clear();
                _streams[cookie] = Learn(bytes.AsSpan(0, count), before - count, known);
            }

            return;
        }
    }

    // Each message comes after its length; the parts of one may come, and be read by the program, one by one.
    private Stream Learn(ReadOnlySpan<byte> bytes, long start, Stream known)
    {
        long end = known.Next + known.Begun.Length;
        if (start < 0 || start + bytes.Length <= end)
            return known;
        if (start > end)
        {
            // The program has waited for bytes and read them before they could be seen. When it was no more than the first length, the message is here;
            // where the next one begins can't be told any more.
            if (start == PrefixLength && end == 0)
                Learn(bytes);
            return new(long.MaxValue / 2, []);
        }

        byte[] all = [.. known.Begun, .. bytes[(int)(end - start)..]];
        int at = 0;
        while (all.Length - at >= PrefixLength && BinaryPrimitives.ReadUInt16BigEndian(all.AsSpan(at)) is var length && all.Length - at >= PrefixLength + length)
        {
            Learn(all.AsSpan(at + PrefixLength, length));
            at += PrefixLength + length;
        }

        return new(known.Next + at, all[at..]);
    }

    private void Learn(ReadOnlySpan<byte> message)
    {
        if (DnsMessage.TryParse(message, out DnsMessage answer))
            book.Learn(answer);
    }

    private static ulong OwnNetwork()
    {
        using KernelSocket? socket = KernelSocket.Open(System.Net.Sockets.AddressFamily.InterNetwork, KernelSocket.SOCK_DGRAM);
        return socket is not null && socket.TryOption(SOL_SOCKET, SO_NETNS_COOKIE, out ulong cookie) ? cookie : 0;
    }
}
