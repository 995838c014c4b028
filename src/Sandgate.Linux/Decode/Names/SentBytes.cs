using Sandgate.Core;
using Sandgate.Core.Decode;
using Sandgate.Core.Trap;

namespace Sandgate.Linux.Decode.Names;

/// <summary>The first bytes that a call writes or sends.</summary>
internal static class SentBytes
{
    /// <summary>Reads at most so many bytes of the call's nth message; none when there is none, or it can't be read.</summary>
    public static byte[] Read(Stop stop, Signature signature, int nth, int bound)
    {
        Argument data = Argument.Unreadable;
        for (int i = 0; i < signature.Roles.Length; i++)
        {
            switch (signature.Roles[i])
            {
                case Role.InData when nth == 0:
                    data = TargetData.Buffer(stop.ThreadId, stop.Register(i), stop.Register(i + 1), bound);
                    break;
                case Role.InVector when nth == 0:
                    data = TargetData.Gather(stop.ThreadId, stop.Register(i), stop.Register(i + 1), bound);
                    break;
                case Role.InMessage when nth == 0:
                    data = Message(stop, stop.Register(i), bound);
                    break;
                case Role.InMessages when (uint)nth < (uint)stop.Register(i + 1):
                    data = Message(stop, stop.Register(i) + ((ulong)nth * TargetData.MessageStride), bound);
                    break;
            }
        }

        return data.Given is { } text ? TargetText.ToBytes(text) : [];
    }

    private static Argument Message(Stop stop, ulong address, int bound) =>
        TargetMemory.Read(stop.ThreadId, address, out TargetData.Message message)
            ? TargetData.Gather(stop.ThreadId, message.Vectors, message.VectorCount, bound)
            : Argument.Unreadable;
}
