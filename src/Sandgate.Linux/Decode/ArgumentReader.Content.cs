using System.Runtime.InteropServices;
using Sandgate.Core;
using Sandgate.Core.Decode;
using Sandgate.Linux.Enforce.Sockets;
using Sandgate.Linux.Interop;
using Sandgate.Linux.Trap;

namespace Sandgate.Linux.Decode;

/// <content>Argument vectors, data, addresses, processes, and the kernel's own view.</content>
internal sealed partial class ArgumentReader
{
    // What execve takes at most is a quarter of the stack limit; far less is enough to judge by.
    private const int MaxArguments = 4096, MaxArgumentLength = 128 * 1024, MaxMessages = 1024;
    private const ulong RENAME_EXCHANGE = 2, RENAME_WHITEOUT = 4;

    /// <summary>Every element of argv. A vector too long to read whole ends in an unreadable element.</summary>
    public List<Argument> ArgumentVector() => _vector ??= ReadVector();

    private List<Argument> ReadVector()
    {
        List<Argument> arguments = [];
        int at = Find(Role.Argv);
        if (at < 0 || !Wants(Needs.Strings | Needs.Held) || Register(at) == 0)
            return arguments;
        byte[] text = new byte[Files.PathMax];
        int total = 0;
        for (ulong pointer = Register(at); ; pointer += sizeof(ulong))
        {
            if (!TargetMemory.Read(_stop.ThreadId, pointer, out ulong address))
            {
                // Not certainly a failure with EFAULT: the kernel looks for the file first.
                arguments.Add(Argument.Unreadable);
                return arguments;
            }

            if (address == 0)
                return arguments;
            int length = TargetMemory.ReadString(_stop.ThreadId, address, text);
            while (length == -2 && text.Length < MaxArgumentLength)
            {
                text = new byte[text.Length * 4];
                length = TargetMemory.ReadString(_stop.ThreadId, address, text);
            }

            total += Math.Max(0, length);
            if (length < 0 || arguments.Count == MaxArguments || total > TargetData.JudgedLength)
            {
                arguments.Add(Argument.Unreadable);
                return arguments;
            }

            arguments.Add(Argument.FromText(TargetText.FromBytes(text.AsSpan(0, length))));
        }
    }

    /// <summary>False for a call that could write to a file and doesn't.</summary>
    public bool Writes() => PartlyInFamilies.Writes(_stop)
        && (_stop.Number is not (SyscallNumbers.mmap or SyscallNumbers.vmsplice) || ProcessFacts.IsOpenForWriting(_stop.ThreadId, Int(Find(Role.WriteFd))));

    /// <summary>False for a call that could read from a file and doesn't. Which way vmsplice(2) goes only the pipe's end says.</summary>
    public bool Reads() => PartlyInFamilies.Reads(_stop) && (_stop.Number != SyscallNumbers.vmsplice || !Writes());

    private int DataBound => Wants(Needs.Data) ? TargetData.JudgedLength : Wants(Needs.DataStart) ? TargetData.ShownLength : 0;

    /// <summary>The bytes that the call writes or sends; unreadable for calls that move data inside the kernel.</summary>
    public Argument Data()
    {
        if (DataBound == 0)
            return Argument.Unreadable;
        if (Find(Role.InData) is >= 0 and var buffer)
            return TargetData.Buffer(_stop.ThreadId, Register(buffer), Register(buffer + 1), DataBound);
        return Find(Role.InVector) is >= 0 and var vector
            ? TargetData.Gather(_stop.ThreadId, Register(vector), Register(vector + 1), DataBound)
            : Argument.Unreadable;
    }

    /// <summary>The bytes of one message.</summary>
    public Argument Data(in TargetData.Message message) =>
        DataBound == 0 ? Argument.Unreadable : TargetData.Gather(_stop.ThreadId, message.Vectors, message.VectorCount, DataBound);

    /// <summary>The call's one message; null when it can't be read.</summary>
    public TargetData.Message? Message()
    {
        if (TargetMemory.Read(_stop.ThreadId, Register(Find(Role.InMessage)), out TargetData.Message message))
            return message;
        Fault();
        return null;
    }

    /// <summary>
    /// The messages of sendmmsg(2). Where the supervisor sends them, as many as it can well keep copies of: the call tells how many went, and may tell fewer.
    /// </summary>
    public List<TargetData.Message> Messages()
    {
        const ulong EnoughAtOnce = 4 << 20;
        List<TargetData.Message> messages = [];
        ulong length = 0;
        int at = Find(Role.InMessages);
        uint count = Math.Min((uint)Register(at + 1), MaxMessages);
        for (uint i = 0; i < count; i++)
        {
            if (TargetMemory.Read(_stop.ThreadId, Register(at) + i * TargetData.MessageStride, out TargetData.Message message))
            {
                if (i > 0 && Wants(Needs.Held) && (length += TargetData.LengthOf(_stop.ThreadId, message)) > EnoughAtOnce)
                    break;
                messages.Add(message);
            }
            else if (i == 0)
                Fault();
            else
            {
                // The kernel sends the messages before the unreadable one; they are all here.
                break;
            }
        }

        return messages;
    }

    /// <summary>True when the call hands over a socket address.</summary>
    public bool HasAddress() => Find(Role.SockAddr) is >= 0 and var at && Register(at) != 0 && Register(at + 1) != 0;

    /// <summary>False for a pair of sockets that is connected to itself for good.</summary>
    public bool CanReachOthers()
    {
        const ulong SOCK_DGRAM = 2, TypeMask = 0xf;
        return _stop.Number != SyscallNumbers.socketpair || (Register(1) & TypeMask) == SOCK_DGRAM;
    }

    /// <summary>The family of a socket that is made. The kernel's oldest packet sockets are asked for as sockets of the internet (packet(7)).</summary>
    public Argument FamilyOfSocket()
    {
        const ulong SOCK_PACKET = 10, TypeMask = 0xf;
        return (int)Register(0) == ProgramSocket.AF_INET && (Register(1) & TypeMask) == SOCK_PACKET
            ? Flags.ToArgument(Role.SocketFamily, ProgramSocket.AF_PACKET) : Word(Role.SocketFamily);
    }

    /// <summary>The socket address that the call hands over.</summary>
    public Argument Address() =>
        Find(Role.SockAddr) is >= 0 and var at ? Address(Register(at), (uint)Register(at + 1)) : Argument.Unreadable;

    /// <summary>A socket address in the program's memory.</summary>
    public Argument Address(ulong address, uint length)
    {
        if (!Wants(Needs.Addresses))
            return Argument.Unreadable;
        if (Socket?.Find(address, length) is { } judged)
            return judged.Shown;
        Span<byte> bytes = stackalloc byte[(int)Math.Min(length, SocketAddress.MaxLength)];
        if (TargetMemory.Read(_stop.ThreadId, address, bytes) != bytes.Length)
            return Fault();
        HeldPath? held = null;
        Argument shown = Unspecified(bytes) ?? SocketAddress.Decode(bytes, path =>
        {
            held = Socket is null ? null : new();
            return Resolve(Files.AT_FDCWD, path.AsSpan(0, path.Length - 1), follow: true, Needs.Addresses, held);
        });
        if (!_mayBlock && held is not null && !SlowFiles.IsLocal(held))
            WouldBlock = true;
        Socket?.Note(address, length, new(bytes.ToArray(), shown, held));
        return shown;
    }

    // Sockets of the internet take an address of no family for one of their own, or for their peer's; only for connect(2) it means nobody.
    private Argument? Unspecified(Span<byte> address)
    {
        if (Socket is not { } socket || address.Length < 2 || _signature.Operations is [Operation.Connect, ..])
            return null;
        ushort family = BitConverter.ToUInt16(address);

        // bind(2) of a raw socket doesn't even look at the family (net/ipv4/raw.c).
        bool unseen = socket.Type == ProgramSocket.SOCK_RAW && socket.Domain == ProgramSocket.AF_INET && family != ProgramSocket.AF_INET;
        if (family != ProgramSocket.AF_UNSPEC && !unseen)
            return null;
        if (socket.Domain == ProgramSocket.AF_INET || (socket.Domain == ProgramSocket.AF_INET6 && socket.Type == ProgramSocket.SOCK_RAW))
        {
            Span<byte> own = stackalloc byte[address.Length];
            address.CopyTo(own);
            own[0] = (byte)socket.Domain;
            return SocketAddress.Decode(own, _ => Argument.Unreadable);
        }

        return socket.Domain == ProgramSocket.AF_INET6 && _signature.Operations is [Operation.Send, ..] ? Peer() : null;
    }

    /// <summary>Whom the call's socket is connected to, where the call names no address.</summary>
    public Argument Peer() => SocketName(peer: true);

    /// <summary>Where the call's socket is bound.</summary>
    public Argument LocalAddress() => SocketName(peer: false);

    private Argument SocketName(bool peer)
    {
        if (!Wants(Needs.Addresses) || Find(Role.SocketFd) is not (>= 0 and var at))
            return Argument.Unreadable;
        bool told;
        Argument? address;
        if (Socket is { } held)
        {
            // Once for all messages of a call: they go to the peer that they were judged by.
            if (peer && held.Peer is { Length: > 0 } known)
                return SocketAddress.Decode(known, SocketNames.PathOf);
            told = SocketNames.TryAsk(held.Descriptor, peer, out address, out byte[] raw);
            if (peer)
                held.Peer ??= raw;
            else
                held.Own = raw;
        }
        else
            told = SocketNames.TryAsk(_stop.ThreadId, Int(at), peer, out address);
        if (address is { } found)
            return found;
        if ((Socket?.Name ?? DescriptorName(Int(at))) is not { } name)
            return Argument.Unreadable;

        // A socket without a peer (a UDP server's) is nobody's: that much is known, and no rule on an address means it.
        return told ? Argument.FromText(name) : Argument.FromUnknownAddress(name);
    }

    /// <summary>What the call's process descriptor stood for when <see cref="Processes"/> looked.</summary>
    public ProcessHandle Handle { get; private set; }

    /// <summary>The processes that the call names, each by its process id; 0 for one that can't be told.</summary>
    public List<int> Processes()
    {
        List<int> processes = [];
        for (int i = 0; i < _signature.Roles.Length; i++)
        {
            switch (_signature.Roles[i])
            {
                // Groups keep their sign; a thread's id stands for its process.
                case Role.Pid:
                    int id = Int(i);
                    processes.Add(id <= 0 ? id : ProcessNamed(id) is > 0 and var process ? process : id);
                    break;
                case Role.PidFd:
                    Handle = ProcessHandle.Read(_stop.ThreadId, Int(i));
                    if (Handle.Errno != 0)
                        Certainly(Handle.Errno);
                    processes.Add(Handle.Process);
                    break;
            }
        }

        return processes;
    }

    /// <summary>
    /// True when the call would reach into a process that is none of the tree's. One that doesn't exist is nobody's, and the call can only fail: its
    /// number could become somebody's before the kernel looks.
    /// </summary>
    /// <remarks>In a PID namespace of its own the program has no numbers for others, and to enter somebody else's takes rights that the kernel asks for here, too.</remarks>
    /// <param name="process">The process as <see cref="Processes"/> tells it, or as /proc names it.</param>
    public bool IsOutside(int process)
    {
        const ulong PTRACE_ATTACH = 16, PTRACE_SEIZE = 0x4206;

        // Of ptrace's requests all others are about whom it traces already; what has no new limits asks for the old ones.
        bool reaches = _stop.Number switch
        {
            SyscallNumbers.ptrace => Register(0) is PTRACE_ATTACH or PTRACE_SEIZE,
            SyscallNumbers.prlimit64 => Register(2) != 0,
            _ => true,
        };
        if (!reaches || process <= 0 || (Find(Role.PidFd) < 0 && !ProcessFacts.SharesPids(_stop.ThreadId)))
            return false;
        if (ProcessFacts.ProcessOf(process) != 0)
            return !ProcessTree.Holds(process);
        Certainly(ESRCH);
        return false;
    }

    // In a PID namespace of its own the program counts otherwise. To find out whom it means takes a look at all processes: only a rule on what one runs needs it.
    private int ProcessNamed(int id) =>
        Wants(Needs.Strings) && !ProcessFacts.SharesPids(_stop.ThreadId) ? InnerIds.ProcessMeant(_stop.ThreadId, id) : ProcessFacts.ProcessOf(id);

    /// <summary>True when renameat2(2) swaps two files.</summary>
    public bool Exchanges() => Find(Role.RenameFlags) is >= 0 and var at && (Register(at) & RENAME_EXCHANGE) != 0;

    /// <summary>True when a device is left behind where the file was (rename(2), RENAME_WHITEOUT).</summary>
    public bool LeavesWhiteout() => Find(Role.RenameFlags) is >= 0 and var at && (Register(at) & RENAME_WHITEOUT) != 0;

    /// <summary>What is mounted: a device or text, or with move_mount(2) the first of two paths.</summary>
    public Argument MountSource() => _signature.Name == "mount" ? SourceOfMount() : HasTwoPaths ? Path(0) : Find(Role.Text) >= 0 ? Text(0) : Argument.FromText("");

    /// <summary>Where it is mounted; unreadable for the calls that only prepare a mount.</summary>
    public Argument MountTarget() => Path(HasTwoPaths ? 1 : 0);

    /// <summary>The file system's type; "" where the call names none.</summary>
    public Argument FileSystemType() => _heldType ??= Find(Role.FileSystemType) is >= 0 and var at ? StringAt(at) : Argument.FromText("");

    private bool HasTwoPaths => FindNth(1, Role.Path, Role.PathNoFollow) >= 0;

    /// <summary>What a process runs.</summary>
    public Argument ExecutableOf(int process) =>
        !Wants(Needs.Strings) ? Argument.Unreadable
        : Argument.FromText(process > 0 ? ProcessFacts.ExecutableOf(process) ?? "" : "");

    /// <summary>The arguments by the kernel's own names, for rules on one system call.</summary>
    public Argument[] KernelArguments()
    {
        Argument[] arguments = new Argument[_signature.Roles.Length];
        int paths = 0, texts = 0;
        for (int i = 0; i < arguments.Length; i++)
        {
            arguments[i] = _signature.Roles[i] switch
            {
                Role.Path or Role.PathNoFollow or Role.FileFd => Path(paths++),
                Role.Text => Text(texts++),
                Role.FileSystemType => FileSystemType(),
                Role.ReadFd => Descriptor(Role.ReadFd, writing: false),
                // Anonymous memory has no file.
                Role.WriteFd when _stop.Number == SyscallNumbers.mmap && !Reads() => Flags.ToArgument(Role.Fd, Register(i)),
                Role.WriteFd => Descriptor(Role.WriteFd, writing: true),
                Role.InData or Role.InVector => Data(),
                Role.SockAddr => HasAddress() ? Address() : Argument.FromText("none"),
                Role.Argv => Argv(),
                Role.OpenHow => ModeOfOpening(),
                Role.CloneArgs => ForkKind(),
                var role => Flags.ToArgument(role, Register(i)),
            };
        }

        return arguments;
    }

    private Argument Argv()
    {
        List<Argument> elements = ArgumentVector();
        return elements.Any(e => e.Given is null)
            ? Argument.Unreadable
            : Argument.FromText(string.Join(' ', elements.Select(e => e.Given)));
    }
}
