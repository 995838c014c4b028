using System.Net;

namespace Sandgate.Core.Decode.Names;

/// <summary>One record of an answer.</summary>
/// <param name="Owner">The name it is about; null when no host can be called so.</param>
/// <param name="Class">Its class; 1 is the internet's.</param>
/// <param name="TimeToLive">For how long it holds, in seconds.</param>
/// <param name="Alias">The other name that it gives its owner, if it does.</param>
/// <param name="Addresses">The addresses that it gives its owner.</param>
internal readonly record struct DnsRecord(string? Owner, ushort Class, uint TimeToLive, string? Alias, IReadOnlyList<IPAddress> Addresses)
{
    private const int Hint4 = 4, Hint6 = 6, Length4 = 4, Length6 = 16;

    /// <summary>Reads the record at the reader's place.</summary>
    public static bool TryRead(ref DnsReader reader, out DnsRecord record)
    {
        record = default;
        if (!reader.TryName(out string? owner) || !reader.TryUInt16(out ushort type) || !reader.TryUInt16(out ushort kind)
            || !reader.TryUInt32(out uint lifetime) || !reader.TryUInt16(out ushort length))
            return false;

        // The data is read twice: names in it may point back into the message.
        DnsReader inside = reader;
        if (!reader.TryBytes(length, out ReadOnlySpan<byte> data))
            return false;
        string? alias = null;
        IReadOnlyList<IPAddress> addresses = [];
        switch (type)
        {
            case DnsQuestion.A when length == Length4:
            case DnsQuestion.Aaaa when length == Length6:
                addresses = [new IPAddress(data)];
                break;
            case DnsQuestion.CName when inside.TryName(out alias) && inside.Position != reader.Position:
                return false;
            case DnsQuestion.Svcb or DnsQuestion.Https:
                addresses = Hints(data);
                break;
        }

        record = new(owner, kind, lifetime, alias, addresses);
        return true;
    }

    // The hints are the owner's word about itself, so they are no name for the target: that is not the owner's to say.
    private static List<IPAddress> Hints(ReadOnlySpan<byte> data)
    {
        List<IPAddress> hints = [];
        DnsReader reader = new(data, 0);
        if (!reader.TryUInt16(out ushort _) || !reader.TryName(out string? _))
            return hints;
        while (reader.TryUInt16(out ushort key) && reader.TryUInt16(out ushort length) && reader.TryBytes(length, out ReadOnlySpan<byte> value))
        {
            int size = key switch { Hint4 => Length4, Hint6 => Length6, _ => 0 };
            for (; size > 0 && value.Length >= size; value = value[size..])
                hints.Add(new IPAddress(value[..size]));
        }

        return hints;
    }
}
