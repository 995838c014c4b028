using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Sandgate.Core.Trap;
using Sandgate.Linux.Decode;
using Sandgate.Linux.Interop;
using Sandgate.Linux.Trap;

namespace Sandgate.Linux.Enforce.Sockets;

/// <summary>
/// One message of sendto, sendmsg or sendmmsg, copied out of the program: what was read of it for
/// judging is not read again. What doesn't fit into the copy is read when it is its turn.
/// </summary>
internal sealed unsafe class OutgoingMessage : IDisposable
{
    private const int EPERM = 1, EBADF = 9, EFAULT = 14, EINVAL = 22, EMSGSIZE = 90, ENOBUFS = 105;
    private const int MaxVectors = 1024, MaxControl = 1 << 20, MaxDatagram = 64 << 20, MaxPassed = 253;
    private const int SOL_SOCKET = 1, SCM_RIGHTS = 1, SCM_CREDENTIALS = 2, HeaderLength = 16;
    private const ulong MostBytes = 0x7fff_f000;

    // All copies together: what the kernel would keep of them is bound by the sockets' buffers.
    private const long MostHeld = 512L << 20;
    private static long s_held;

    private readonly (ulong Base, ulong Length)[] _vectors;
    private readonly List<int> _passed = [], _credentialsAt = [];
    private byte[] _control;
    private byte* _buffer;
    private int _room, _start, _end, _counted;
    private bool _mapped;
    private int _vector;
    private ulong _offset;

    private OutgoingMessage(JudgedAddress? name, (ulong Base, ulong Length)[] vectors, byte[] control)
    {
        (Name, _vectors, _control) = (name, vectors, control);
        foreach ((ulong _, ulong length) in vectors)
            Length = Math.Min(MostBytes, Length + Math.Min(length, MostBytes));
    }

    /// <summary>Whom it goes to; null for the socket's peer.</summary>
    public JudgedAddress? Name { get; }

    /// <summary>How many bytes there are in all.</summary>
    public ulong Length { get; }

    /// <summary>How many of them were read for sending.</summary>
    public ulong Taken { get; private set; }

    /// <summary>The errno that it fails with before anything is sent.</summary>
    public int Errno { get; private set; }

    /// <summary>Control data, with the supervisor's descriptors in it. Empty once they are sent.</summary>
    public ReadOnlySpan<byte> Control => _control;

    /// <summary>True when the message carries the sender's identity (SCM_CREDENTIALS).</summary>
    public bool HasCredentials => _credentialsAt.Count > 0;

    /// <summary>The bytes of sendto(2).</summary>
    public static OutgoingMessage OfBuffer(JudgedAddress? name, ulong address, ulong length, int errno) => new(name, [(address, length)], []) { Errno = errno };

    /// <summary>A struct msghdr.</summary>
    /// <param name="stop">The stopped thread.</param>
    /// <param name="socket">Its socket.</param>
    /// <param name="message">The struct, as it was judged.</param>
    /// <param name="fetch">Gets the descriptors that are passed on.</param>
    public static OutgoingMessage OfHeader(Stop stop, ProgramSocket socket, in TargetData.Message message, DescriptorFetch fetch)
    {
        int errno = (int)message.NameLength < 0 ? EINVAL : message.VectorCount > MaxVectors ? EMSGSIZE : message.ControlLength > MaxControl ? ENOBUFS : 0;
        ulong[] raw = new ulong[errno == 0 ? message.VectorCount * 2 : 0];
        byte[] control = new byte[errno == 0 && message.Control != 0 ? message.ControlLength : 0];
        if (TargetMemory.Read(stop.ThreadId, message.Vectors, MemoryMarshal.AsBytes(raw.AsSpan())) != raw.Length * sizeof(ulong)
            || TargetMemory.Read(stop.ThreadId, message.Control, control) != control.Length)
        {
            errno = EFAULT;
        }

        (ulong, ulong)[] vectors = new (ulong, ulong)[raw.Length / 2];
        for (int i = 0; i < vectors.Length; i++)
        {
            vectors[i] = (raw[2 * i], raw[2 * i + 1]);
            if (errno == 0 && (long)raw[2 * i + 1] < 0)
                errno = EINVAL;
        }

        bool named = message.Name != 0 && message.NameLength != 0;
        OutgoingMessage copy = new(named ? socket.Find(message.Name, message.NameLength) : null, vectors, control) { Errno = errno };
        if (copy.Errno == 0 && control.Length > 0)
            copy.TakeControl(stop, socket, fetch);
        return copy;
    }

    /// <summary>What was read and is still to be sent.</summary>
    public ReadOnlySpan<byte> Ready => new(_buffer + _start, _end - _start);

    /// <summary>How many bytes were sent.</summary>
    public ulong Sent { get; private set; }

    /// <summary>Notes that so many bytes went off; what was passed on with them is not passed on again.</summary>
    public void HaveSent(ulong count)
    {
        Sent += count;
        _start += (int)count;
        _control = [];
    }

    /// <summary>
    /// Reads the next bytes, when all that were read are sent: of a stream a part, at least as much as was judged; of everything else the whole message.
    /// </summary>
    /// <param name="stop">The stopped thread.</param>
    /// <param name="socket">Where they go.</param>
    /// <param name="keepsPages">True when the kernel sends them from where they are (MSG_ZEROCOPY): then they stay there for as long as it needs.</param>
    public void Fill(Stop stop, ProgramSocket socket, bool keepsPages)
    {
        if (Errno != 0)
            return;
        bool whole = keepsPages || socket.Type != ProgramSocket.SOCK_STREAM;
        ulong left = Length - Taken;
        if (whole && left > LongestFor(socket))
        {
            Errno = EMSGSIZE;
            return;
        }

        Allocate((int)(whole ? left : Math.Min(left, TargetData.JudgedLength)), keepsPages);
        (_start, _end) = (0, Take(stop, new(_buffer, _room)));
    }

    private int Take(Stop stop, Span<byte> into)
    {
        int have = 0;
        while (have < into.Length && _vector < _vectors.Length)
        {
            (ulong address, ulong length) = _vectors[_vector];
            int want = (int)Math.Min(length - _offset, (ulong)(into.Length - have));
            int got = TargetMemory.Read(stop.ThreadId, address + _offset, into.Slice(have, want));
            have += got;
            _offset += (ulong)got;
            if (got < want)
            {
                Faulted = true;
                break;
            }

            if (_offset == length)
                (_vector, _offset) = (_vector + 1, 0);
        }

        Taken += (ulong)have;
        return have;
    }

    // The kernel's own references keep mapped pages alive after they are unmapped here.
    private void Allocate(int room, bool mapped)
    {
        const int PROT_READ_WRITE = 3, MAP_PRIVATE_ANONYMOUS = 0x22, ENOMEM = 12;
        if (_buffer != null && _counted >= room && _mapped == mapped)
        {
            _room = room;
            return;
        }

        Free();
        if (Interlocked.Add(ref s_held, room) > MostHeld)
        {
            Interlocked.Add(ref s_held, -room);
            (Errno, _room) = (ENOBUFS, 0);
            return;
        }

        (_room, _mapped, _counted) = (room, mapped, room);

        // SAFETY: freed once, by the way it was got; never used beyond its room.
        if (!mapped)
            _buffer = (byte*)NativeMemory.Alloc((nuint)Math.Max(1, room));
        else if (Libc.Call(SyscallNumbers.mmap, 0, Math.Max(1, room), PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0) is > 0 and var address)
            _buffer = (byte*)address;
        else
            (Errno, _room) = (ENOMEM, 0);
    }

    private void Free()
    {
        // SAFETY: as in Allocate.
        if (_buffer != null && _mapped)
            Libc.Call(SyscallNumbers.munmap, (long)_buffer, Math.Max(1, _room));
        else
            NativeMemory.Free(_buffer);
        _buffer = null;
        Interlocked.Add(ref s_held, -_counted);
        _counted = 0;
    }

    /// <summary>True when memory ended before the message did.</summary>
    public bool Faulted { get; private set; }

    /// <summary>The longest message that the socket could take, so that a copy of it is made.</summary>
    public static ulong LongestFor(ProgramSocket socket)
    {
        const int SO_SNDBUF = 7;
        return (ulong)Math.Clamp(socket.Option(SO_SNDBUF), 1 << 20, MaxDatagram);
    }

    /// <summary>Adds the identity of the sender, which would be the supervisor's otherwise.</summary>
    public void AddCredentials(int process, uint user, uint group)
    {
        byte[] with = new byte[_control.Length + 32];
        Span<byte> own = with;
        BinaryPrimitives.WriteUInt64LittleEndian(own, HeaderLength + 12);
        BinaryPrimitives.WriteInt32LittleEndian(own[8..], SOL_SOCKET);
        BinaryPrimitives.WriteInt32LittleEndian(own[12..], SCM_CREDENTIALS);
        BinaryPrimitives.WriteInt32LittleEndian(own[16..], process);
        BinaryPrimitives.WriteUInt32LittleEndian(own[20..], user);
        BinaryPrimitives.WriteUInt32LittleEndian(own[24..], group);
        _control.CopyTo(own[32..]);
        _control = with;
    }

    /// <summary>
    /// Replaces every identity that the program named itself by the same as the supervisor counts; what it may not name, the call fails for.
    /// </summary>
    public void Translate(Func<(int Process, uint User, uint Group), (int Process, uint User, uint Group)?> outside)
    {
        foreach (int at in _credentialsAt)
        {
            Span<byte> named = _control.AsSpan(at);
            (int, uint, uint) given = (BinaryPrimitives.ReadInt32LittleEndian(named), BinaryPrimitives.ReadUInt32LittleEndian(named[4..]), BinaryPrimitives.ReadUInt32LittleEndian(named[8..]));
            if (outside(given) is not var (process, user, group))
            {
                Errno = EPERM;
                return;
            }

            BinaryPrimitives.WriteInt32LittleEndian(named, process);
            BinaryPrimitives.WriteUInt32LittleEndian(named[4..], user);
            BinaryPrimitives.WriteUInt32LittleEndian(named[8..], group);
        }
    }

    /// <summary>Passes on a descriptor of the supervisor's, too, behind all others. It is taken over; a negative one is none.</summary>
    public void Pass(int descriptor)
    {
        const int Room = HeaderLength + 8;
        if (descriptor < 0)
            return;
        _passed.Add(descriptor);
        int end = (_control.Length + 7) & ~7;
        byte[] with = new byte[end + Room];
        _control.CopyTo(with, 0);
        Span<byte> added = with.AsSpan(end);
        BinaryPrimitives.WriteUInt64LittleEndian(added, HeaderLength + sizeof(int));
        BinaryPrimitives.WriteInt32LittleEndian(added[8..], SOL_SOCKET);
        BinaryPrimitives.WriteInt32LittleEndian(added[12..], SCM_RIGHTS);
        BinaryPrimitives.WriteInt32LittleEndian(added[16..], descriptor);
        _control = with;
    }

    // unix(7): descriptors are named by number, which means something else here.
    private void TakeControl(Stop stop, ProgramSocket socket, DescriptorFetch fetch)
    {
        for (int at = 0; at + HeaderLength <= _control.Length;)
        {
            Span<byte> rest = _control.AsSpan(at);
            ulong length = BinaryPrimitives.ReadUInt64LittleEndian(rest);
            if (length < HeaderLength || length > (ulong)rest.Length)
            {
                Errno = EINVAL;
                return;
            }

            if (OtherWaysToAddresses.LeadsElsewhere(BinaryPrimitives.ReadInt32LittleEndian(rest[8..]), BinaryPrimitives.ReadInt32LittleEndian(rest[12..])))
            {
                Errno = EPERM;
                return;
            }

            if (BinaryPrimitives.ReadInt32LittleEndian(rest[8..]) == SOL_SOCKET)
            {
                int type = BinaryPrimitives.ReadInt32LittleEndian(rest[12..]);
                if (type == SCM_CREDENTIALS && length == HeaderLength + 12)
                    _credentialsAt.Add(at + HeaderLength);
                if (type == SCM_RIGHTS && (Errno = TakePassed(stop, socket, rest[HeaderLength..(int)length], fetch)) != 0)
                    return;
            }

            at += ((int)length + 7) & ~7;
        }
    }

    private int TakePassed(Stop stop, ProgramSocket socket, Span<byte> numbers, DescriptorFetch fetch)
    {
        if (socket.Domain != ProgramSocket.AF_UNIX || _passed.Count + numbers.Length / sizeof(int) > MaxPassed)
            return EINVAL;
        foreach (ref int number in MemoryMarshal.Cast<byte, int>(numbers))
        {
            int copy = number < 0 ? -EBADF : fetch.Fetch(stop, number);
            if (copy < 0)
                return -copy;
            _passed.Add(copy);
            number = copy;
        }

        return 0;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (int descriptor in _passed)
            Files.Close(descriptor);
        _passed.Clear();
        Free();
        (_start, _end) = (0, 0);
    }
}
