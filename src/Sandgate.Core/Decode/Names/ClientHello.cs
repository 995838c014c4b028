using System.Buffers.Binary;
using System.Text;

namespace Sandgate.Core.Decode.Names;

/// <summary>The first message of a TLS connection, in which the client says which server it wants (RFC 8446, 4.1.2; RFC 6066, 3).</summary>
public static class ClientHello
{
    /// <summary>No more of what is sent needs to be looked at.</summary>
    public const int MaxLength = 64 * 1024;

    private const byte HandshakeRecord = 22, ClientHelloMessage = 1, MajorVersion = 3, HostNameKind = 0;
    private const ushort ServerNameExtension = 0;
    private const int RecordHeader = 5, MessageHeader = 4, VersionAndRandom = 34;

    /// <summary>True when these first bytes can be the beginning of one; few are enough to tell.</summary>
    public static bool MayBegin(ReadOnlySpan<byte> bytes) => bytes.Length >= 3 && bytes[0] == HandshakeRecord && bytes[1] == MajorVersion;

    /// <summary>The server's name; null when the bytes are no such message, name no server, or end before they do.</summary>
    public static string? ServerName(ReadOnlySpan<byte> bytes)
    {
        if (!MayBegin(bytes))
            return null;
        byte[] message = Unwrap(bytes[..Math.Min(bytes.Length, MaxLength)]);
        ReadOnlySpan<byte> rest = message;
        if (rest.Length < MessageHeader + VersionAndRandom || rest[0] != ClientHelloMessage)
            return null;
        int length = rest[1] << 16 | BinaryPrimitives.ReadUInt16BigEndian(rest[2..]);
        rest = rest[MessageHeader..];
        rest = rest[..Math.Min(length, rest.Length)];
        if (rest.Length < VersionAndRandom)
            return null;
        rest = rest[VersionAndRandom..];

        // Session, cipher suites, compression methods: of no interest here.
        if (!TryTake(ref rest, 1, out _) || !TryTake(ref rest, 2, out _) || !TryTake(ref rest, 1, out _) || rest.Length < 2)
            return null;
        int extensions = BinaryPrimitives.ReadUInt16BigEndian(rest);
        rest = rest[2..];
        rest = rest[..Math.Min(extensions, rest.Length)];
        while (rest.Length >= 2)
        {
            ushort kind = BinaryPrimitives.ReadUInt16BigEndian(rest);
            rest = rest[2..];
            if (!TryTake(ref rest, 2, out ReadOnlySpan<byte> extension))
                return null;
            if (kind == ServerNameExtension)
                return FirstHost(extension);
        }

        return null;
    }

    private static string? FirstHost(ReadOnlySpan<byte> extension)
    {
        if (!TryTake(ref extension, 2, out ReadOnlySpan<byte> list))
            return null;
        while (list.Length >= 1)
        {
            byte kind = list[0];
            list = list[1..];
            if (!TryTake(ref list, 2, out ReadOnlySpan<byte> name))
                return null;
            if (kind == HostNameKind)
                return HostName.Normalize(Encoding.Latin1.GetString(name));
        }

        return null;
    }

    // A message may be cut into several records, each with a header of its own.
    private static byte[] Unwrap(ReadOnlySpan<byte> bytes)
    {
        byte[] message = new byte[bytes.Length];
        int have = 0;
        while (bytes.Length >= RecordHeader && bytes[0] == HandshakeRecord && bytes[1] == MajorVersion)
        {
            int length = BinaryPrimitives.ReadUInt16BigEndian(bytes[3..]);
            ReadOnlySpan<byte> record = bytes[RecordHeader..];
            record = record[..Math.Min(length, record.Length)];
            record.CopyTo(message.AsSpan(have));
            have += record.Length;
            bytes = bytes[(RecordHeader + record.Length)..];
        }

        return message[..have];
    }

    // A run of bytes after its own length.
    private static bool TryTake(ref ReadOnlySpan<byte> bytes, int width, out ReadOnlySpan<byte> taken)
    {
        taken = default;
        if (bytes.Length < width)
            return false;
        int length = width == 1 ? bytes[0] : BinaryPrimitives.ReadUInt16BigEndian(bytes);
        if (bytes.Length - width < length)
            return false;
        taken = bytes.Slice(width, length);
        bytes = bytes[(width + length)..];
        return true;
    }
}
