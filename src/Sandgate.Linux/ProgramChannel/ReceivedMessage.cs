using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Sandgate.Core.ProgramChannel;
using Sandgate.Linux.Decode;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.ProgramChannel;

/// <summary>One message of the program as the kernel hands it over: bytes, sender, descriptors. Used again for each message.</summary>
internal sealed unsafe class ReceivedMessage
{
    private const int SOL_SOCKET = 1, SCM_RIGHTS = 1, SCM_CREDENTIALS = 2, SCM_PIDFD = 4, HeaderLength = 16;
    private const int MSG_TRUNC = 0x20, MSG_CTRUNC = 8, MSG_DONTWAIT = 0x40, MSG_CMSG_CLOEXEC = 0x40000000;

    // Room for the sender, its process descriptor, and two more: of a thousand descriptors that are sent the kernel drops all that don't fit.
    private const int ControlRoom = 32 + 24 + 24;

    private readonly byte[] _bytes = new byte[ChannelReader.MaxLength + 1];
    private readonly List<int> _passed = [];
    private int _length, _pidfd = -1;

    /// <summary>struct msghdr.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Header
    {
        public void* Name;
        public uint NameLength, Padding;
        public nint* Vectors;
        public nint VectorCount;
        public byte* Control;
        public nint ControlLength;
        public uint Flags, MorePadding;
    }

    /// <summary>What was said.</summary>
    public ReadOnlySpan<byte> Text => _bytes.AsSpan(0, _length);

    /// <summary>The sending process by the kernel's word; 0 when it can't be told.</summary>
    public int Sender { get; private set; }

    /// <summary>False when it is longer, or has more descriptors, than any request.</summary>
    public bool IsWhole { get; private set; }

    /// <summary>True when the other end is closed, or shut.</summary>
    public bool IsEnd { get; private set; }

    /// <summary>Takes the next message. Returns its length, or a negative errno.</summary>
    public int Receive(int socket)
    {
        Release();
        byte* control = stackalloc byte[ControlRoom];
        fixed (byte* bytes = _bytes)
        {
            nint* vector = stackalloc nint[2] { (nint)bytes, _bytes.Length };
            Header header = new() { Vectors = vector, VectorCount = 1, Control = control, ControlLength = ControlRoom };

            // SAFETY: the header describes exactly these, and all of them live for the whole call. It may wait: what doesn't fit is closed within.
            int result = (int)Libc.CallBlocking(SyscallNumbers.recvmsg, socket, (long)(&header), MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
            if (result < 0)
                return result;
            _length = result;
            IsWhole = (header.Flags & (MSG_TRUNC | MSG_CTRUNC)) == 0;
            TakeControl(new(control, (int)Math.Min(ControlRoom, header.ControlLength)));

            // Every message tells its sender; only the end doesn't.
            IsEnd = result == 0 && header.ControlLength == 0;
            return result;
        }
    }

    /// <summary>Takes over the descriptor that came along; -1 when there is not just one.</summary>
    public int TakeDescriptor()
    {
        if (_passed.Count != 1)
            return -1;
        int descriptor = _passed[0];
        _passed.Clear();
        return descriptor;
    }

    /// <summary>True when more descriptors came than any request has.</summary>
    public bool HasTooMany => _passed.Count > 1;

    /// <summary>False when it is certain that the sender is gone: then another process may have its number.</summary>
    public bool IsStillThere() => _pidfd < 0 || Libc.Call(SyscallNumbers.pidfd_send_signal, _pidfd, 0, 0, 0) is 0 or -1 /* EPERM */;

    /// <summary>True when the kernel holds on to the sender's identity, so that <see cref="IsStillThere"/> is the truth.</summary>
    public bool IsHeld => _pidfd >= 0;

    /// <summary>Closes every descriptor that came along and wasn't taken.</summary>
    public void Release()
    {
        foreach (int descriptor in _passed)
            Libc.CallBlocking(SyscallNumbers.close, descriptor);
        _passed.Clear();
        if (_pidfd >= 0)
            Files.Close(_pidfd);
        (_pidfd, Sender, _length, IsEnd) = (-1, 0, 0, false);
    }

    private void TakeControl(ReadOnlySpan<byte> control)
    {
        while (control.Length >= HeaderLength)
        {
            int length = (int)Math.Min((ulong)control.Length, BinaryPrimitives.ReadUInt64LittleEndian(control));
            if (length < HeaderLength)
                return;
            ReadOnlySpan<byte> data = control[HeaderLength..length];
            if (BinaryPrimitives.ReadInt32LittleEndian(control[8..]) == SOL_SOCKET)
                Take(BinaryPrimitives.ReadInt32LittleEndian(control[12..]), data);
            control = control[Math.Min(control.Length, (length + 7) & ~7)..];
        }

        // A send that a rule restricts is done by the supervisor, which adds who sent it.
        if (Sender == Environment.ProcessId)
            Sender = TakeOrigin();
    }

    private void Take(int type, ReadOnlySpan<byte> data)
    {
        if (type == SCM_CREDENTIALS && data.Length >= sizeof(int))
            Sender = BinaryPrimitives.ReadInt32LittleEndian(data);
        else if (type == SCM_PIDFD && data.Length >= sizeof(int))
            _pidfd = Math.Max(-1, BinaryPrimitives.ReadInt32LittleEndian(data));
        else if (type == SCM_RIGHTS)
        {
            foreach (int descriptor in MemoryMarshal.Cast<byte, int>(data))
                _passed.Add(descriptor);
        }
    }

    private int TakeOrigin()
    {
        if (_pidfd >= 0)
            Files.Close(_pidfd);
        _pidfd = -1;
        if (_passed.Count == 0)
            return 0;
        _pidfd = _passed[^1];
        _passed.RemoveAt(_passed.Count - 1);
        return ProcessHandle.Read(Environment.ProcessId, _pidfd).Process;
    }
}
