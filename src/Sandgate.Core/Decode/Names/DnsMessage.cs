using System.Buffers.Binary;
using System.Net;

namespace Sandgate.Core.Decode.Names;

/// <summary>
/// A message of the domain name system (RFC 1035), as far as it tells which addresses a name has. Only
/// messages with exactly one question are understood; nobody sends others.
/// </summary>
public sealed class DnsMessage
{
    private const int HeaderLength = 12, ClassInternet = 1, MaxAliases = 16;
    private const ushort Response = 0x8000, OperationMask = 0x7800, Truncated = 0x0200, CodeMask = 0x000f;

    private readonly ushort _flags;

    private DnsMessage(ushort id, ushort flags, DnsQuestion question) => (Id, _flags, Question) = (id, flags, question);

    /// <summary>The number by which an answer is told to its question.</summary>
    public ushort Id { get; }

    /// <summary>The question, which an answer repeats.</summary>
    public DnsQuestion Question { get; }

    /// <summary>True for an answer.</summary>
    public bool IsAnswer => (_flags & Response) != 0;

    /// <summary>True when there is more than fits into the datagram.</summary>
    public bool IsTruncated => (_flags & Truncated) != 0;

    /// <summary>True when this answers the question for good: with records, or because there are none (0), or no such name (3).</summary>
    public bool IsFinal => IsAnswer && !IsTruncated && (_flags & CodeMask) is 0 or 3;

    /// <summary>The name that was asked for and every alias on the way from it, in that order.</summary>
    public IReadOnlyList<string> Names { get; private set; } = [];

    /// <summary>The addresses that all <see cref="Names"/> stand for.</summary>
    public IReadOnlyList<IPAddress> Addresses { get; private set; } = [];

    /// <summary>For how long that holds, in seconds.</summary>
    public uint TimeToLive { get; private set; }

    /// <summary>How many bytes of the text were the message.</summary>
    public int Length { get; private set; }

    /// <summary>Reads a message; false for anything that is none. Never throws, and its time is bounded by the length.</summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out DnsMessage message)
    {
        message = null!;
        if (bytes.Length < HeaderLength)
            return false;
        ushort flags = BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]);
        if ((flags & OperationMask) != 0 || Count(bytes, 4) != 1)
            return false;
        DnsReader reader = new(bytes, HeaderLength);
        if (!reader.TryName(out string? name) || name is null || !reader.TryUInt16(out ushort type) || !reader.TryUInt16(out ushort kind) || kind != ClassInternet)
            return false;
        message = new(BinaryPrimitives.ReadUInt16BigEndian(bytes), flags, new(name, type)) { Length = reader.Position };
        return !message.IsAnswer || message.TryAnswers(ref reader, Count(bytes, 6));
    }

    private static int Count(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16BigEndian(bytes[at..]);

    private bool TryAnswers(ref DnsReader reader, int count)
    {
        List<DnsRecord> records = [];
        for (int i = 0; i < count; i++)
        {
            if (!DnsRecord.TryRead(ref reader, out DnsRecord record))
                return false;
            if (record.Class == ClassInternet && record.Owner is not null)
                records.Add(record);
        }

        Length = reader.Position;
        if ((_flags & CodeMask) == 0 && (Question.IsAboutAddresses || Question.Type == DnsQuestion.CName))
            Follow(records);
        return true;
    }

    // From the name asked for along its aliases; what the answer says of other names nobody asked.
    private void Follow(List<DnsRecord> records)
    {
        List<string> names = [Question.Name];
        uint lifetime = uint.MaxValue;
        for (int i = 0; i < names.Count && names.Count <= MaxAliases; i++)
        {
            foreach (DnsRecord record in records)
            {
                if (record.Alias is { } alias && record.Owner == names[i] && !names.Contains(alias))
                {
                    names.Add(alias);
                    lifetime = Math.Min(lifetime, record.TimeToLive);
                    break;
                }
            }
        }

        List<IPAddress> addresses = [];
        foreach (DnsRecord record in records)
        {
            if (record.Addresses.Count > 0 && names.Contains(record.Owner!))
            {
                addresses.AddRange(record.Addresses);
                lifetime = Math.Min(lifetime, record.TimeToLive);
            }
        }

        (Names, Addresses, TimeToLive) = (names, addresses, lifetime);
    }

    /// <summary>The message that asks one question.</summary>
    public static byte[] Ask(ushort id, DnsQuestion question)
    {
        List<byte> bytes = [(byte)(id >> 8), (byte)id, 0x01, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        foreach (string label in question.Name.Split('.'))
        {
            bytes.Add((byte)label.Length);
            foreach (char c in label)
                bytes.Add((byte)c);
        }

        bytes.AddRange([0, (byte)(question.Type >> 8), (byte)question.Type, 0, ClassInternet]);
        return [.. bytes];
    }
}
