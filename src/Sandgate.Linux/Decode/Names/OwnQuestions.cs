using System.Buffers.Binary;
using System.Net;
using Sandgate.Core.Decode.Names;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Decode.Names;

/// <summary>
/// Asks the resolvers what the program asked them, where its answers could not be seen (a default container forbids
/// to copy sockets). How often is limited, so that a program can't have the supervisor flood anybody.
/// </summary>
/// <param name="book">What waits for an answer, and where answers are written.</param>
/// <param name="find">The resolver with an address; null for one that is not to be asked.</param>
/// <param name="clock">The time.</param>
internal sealed class OwnQuestions(NameBook book, Func<IPAddress, NameServer?> find, TimeProvider clock)
{
    private const int AtOnce = 16, Burst = 64, PerSecond = 16, Room = 4096;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2), s_again = TimeSpan.FromMilliseconds(700);

    private readonly Lock _asking = new();
    private readonly long _start = clock.GetTimestamp();
    private long _spent;

    /// <summary>One question on its way.</summary>
    private sealed record Pending(DnsQuestion Question, byte[] Message)
    {
        public bool IsOver { get; set; }

        public bool NeedsStream { get; set; }
    }

    /// <summary>True when there is something to ask, and it is not too early to ask again.</summary>
    public bool MayAsk => book.HasQuestions && Credit > 0;

    // What a bucket would hold that fills steadily and never holds more than the burst.
    private long Credit
    {
        get
        {
            long filled = Burst + (long)(clock.GetElapsedTime(_start).TotalSeconds * PerSecond), spent = Volatile.Read(ref _spent);
            return Math.Min(Burst, filled - spent);
        }
    }

    /// <summary>
    /// Asks what waits, and learns. Waits for about two seconds at most; and for whoever asks already,
    /// whose answer may settle it.
    /// </summary>
    /// <param name="isSettled">True when nothing needs to be asked any more.</param>
    public void Ask(Func<bool> isSettled)
    {
        lock (_asking)
        {
            if (isSettled())
                return;
            long credit = Credit;
            IReadOnlyList<(DnsQuestion Question, IPAddress Server)> questions = book.TakeQuestions((int)Math.Clamp(credit, 0, AtOnce));

            // A bucket that ran over starts from full.
            long filled = Burst + (long)(clock.GetElapsedTime(_start).TotalSeconds * PerSecond);
            Volatile.Write(ref _spent, Math.Max(_spent, filled - Burst) + questions.Count);
            long deadline = clock.GetTimestamp() + (long)(s_patience.TotalSeconds * clock.TimestampFrequency);
            foreach (IGrouping<IPAddress, (DnsQuestion Question, IPAddress Server)> group in questions.GroupBy(q => q.Server))
            {
                if (find(group.Key) is { } server)
                    Ask(server, [.. group.Select(q => new Pending(q.Question, Scramble(q.Question)))], deadline);
            }
        }
    }

    // Who sits on this machine may see which port a datagram left from, and send answers with every number there is.
    // A stream can only come from whoever really has the port.
    private void Ask(NameServer server, List<Pending> questions, long deadline)
    {
        if (!server.IsHere)
            AskByDatagram(server, questions, deadline);
        foreach (Pending question in questions)
        {
            if ((server.IsHere || question.NeedsStream) && !question.IsOver)
                question.IsOver = AskByStream(server, question, deadline);
        }

        if (server.IsHere && !NameFiles.AnyoneMayServe() && questions.Exists(q => !q.IsOver))
            AskByDatagram(server, questions, deadline);
    }

    private void AskByDatagram(NameServer server, List<Pending> questions, long deadline)
    {
        using KernelSocket? socket = KernelSocket.Open(server.Address.AddressFamily, KernelSocket.SOCK_DGRAM);
        if (socket is null || !socket.Connect(server.Address, NameLearner.Port))
            return;
        byte[] bytes = new byte[Room];
        TimeSpan left;
        while ((left = Left(deadline)) > TimeSpan.Zero && questions.Exists(IsOpen))
        {
            foreach (Pending question in questions.Where(IsOpen))
                socket.Send(question.Message);
            long resend = clock.GetTimestamp() + (long)(s_again.TotalSeconds * clock.TimestampFrequency);
            while (questions.Exists(IsOpen) && (left = Left(Math.Min(resend, deadline))) > TimeSpan.Zero && socket.Wait(PollDescriptor.POLLIN, left))
            {
                int count = socket.Receive(bytes, 0, out _);

                // Nobody listens there.
                if (count < 0)
                    return;
                Take(bytes.AsSpan(0, count), questions);
            }
        }

        static bool IsOpen(Pending question) => !question.IsOver && !question.NeedsStream;
    }

    private void Take(ReadOnlySpan<byte> bytes, List<Pending> questions)
    {
        if (!DnsMessage.TryParse(bytes, out DnsMessage answer) || !answer.IsAnswer)
            return;
        Pending? asked = questions.Find(q => !q.IsOver && q.Question == answer.Question && BinaryPrimitives.ReadUInt16BigEndian(q.Message) == answer.Id);
        if (asked is null)
            return;

        // The answer repeats the question letter for letter; a guess would have to know the letters' case, too.
        if (answer.IsTruncated || !bytes[12..].StartsWith(asked.Message.AsSpan(12)))
        {
            asked.NeedsStream = true;
            return;
        }

        asked.IsOver = true;
        book.Learn(answer);
    }

    private bool AskByStream(NameServer server, Pending question, long deadline)
    {
        using KernelSocket? socket = KernelSocket.Open(server.Address.AddressFamily, KernelSocket.SOCK_STREAM);
        byte[] message = [(byte)(question.Message.Length >> 8), (byte)question.Message.Length, .. question.Message];
        if (socket is null || !socket.Connect(server.Address, NameLearner.Port) || !socket.Wait(PollDescriptor.POLLOUT, Left(deadline)) || !socket.Send(message))
            return false;
        byte[] bytes = new byte[ushort.MaxValue + 2];
        for (int have = 0; have < bytes.Length;)
        {
            if (!socket.Wait(PollDescriptor.POLLIN, Left(deadline)) || socket.Receive(bytes.AsSpan(have), 0, out _) is not (> 0 and var count))
                return false;
            have += count;
            if (have < 2 || have < 2 + BinaryPrimitives.ReadUInt16BigEndian(bytes))
                continue;
            if (!DnsMessage.TryParse(bytes.AsSpan(2, BinaryPrimitives.ReadUInt16BigEndian(bytes)), out DnsMessage answer)
                || answer.Question != question.Question || answer.Id != BinaryPrimitives.ReadUInt16BigEndian(question.Message))
                return false;
            book.Learn(answer);
            return true;
        }

        return false;
    }

    private TimeSpan Left(long deadline) => clock.GetElapsedTime(clock.GetTimestamp(), deadline) is { Ticks: > 0 } left ? left : TimeSpan.Zero;

    // A number and a spelling that nobody can guess.
    private static byte[] Scramble(DnsQuestion question)
    {
        long random = RandomNumber.Draw();
        byte[] message = DnsMessage.Ask((ushort)random, question);
        for (int i = 12, bit = 16; i < message.Length - 4; i++)
        {
            if (char.IsAsciiLetter((char)message[i]) && (random >> (bit++ & 63) & 1) != 0)
                message[i] ^= 0x20;
        }

        return message;
    }
}
