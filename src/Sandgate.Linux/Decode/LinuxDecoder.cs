using Sandgate.Core;
using Sandgate.Core.Decode;
using Sandgate.Core.Trap;
using Sandgate.Linux.Confine.Limits;
using Sandgate.Linux.Decode.Names;
using Sandgate.Linux.Enforce;
using Sandgate.Linux.Enforce.Dumpable;
using Sandgate.Linux.Enforce.Sockets;
using Sandgate.Linux.Interop;
using Sandgate.Linux.Trap;

namespace Sandgate.Linux.Decode;

/// <summary>
/// Understands stopped Linux calls: which families a call asks for is the table's
/// (<see cref="Signatures"/>), what their arguments are is read by <see cref="ArgumentReader"/>.
/// One decoder serves one thread at a time.
/// </summary>
internal sealed class LinuxDecoder : IDecoder
{
    private const int EAGAIN = 11, MostTries = 5;

    private readonly ArgumentReader _reader;
    private readonly TargetCredentials _credentials;
    private readonly FactReader _facts;
    private readonly FileHashes _hashes;
    private readonly Emulator _emulator;
    private readonly NameLearner? _names;
    private readonly ForkCount? _forks;
    private readonly List<CallView> _views = [];

    /// <summary>Makes a decoder.</summary>
    /// <param name="roots">Whether paths may be resolved as the supervisor's own.</param>
    /// <param name="streams">The standard streams.</param>
    /// <param name="hashes">The hashes of files.</param>
    /// <param name="names">Learns names of addresses; null when no rule asks for them.</param>
    /// <param name="escort">Goes along with threads through calls that only the kernel can do; null when nothing is carried out.</param>
    /// <param name="say">Prints one message of Sandgate's own.</param>
    /// <param name="forks">Knows whether there may be another process; null when the kernel does, or nobody limits them.</param>
    public LinuxDecoder(TargetRoots roots, StandardStreams streams, FileHashes hashes, NameLearner? names = null, Escort? escort = null, Action<string>? say = null, ForkCount? forks = null)
    {
        _reader = new(roots, streams);
        _credentials = roots.Credentials;
        _facts = new(hashes);
        _hashes = hashes;
        _emulator = new(_reader, roots, escort, hashes, say);
        _names = names;
        _forks = forks;
    }

    /// <inheritdoc/>
    public void LetGo() => _reader.Release();

    /// <inheritdoc/>
    public Call? Decode(Stop stop, Needs needs, bool mayBlock)
    {
        if (!mayBlock && Emulator.Waits(stop))
            return null;
        for (int tries = 0; ; tries++)
        {
            if (!ChangeOfIds.IsOver(stop.ThreadId, mayBlock))
                return null;
            int begun = ChangeOfIds.Begun;
            Call? call = DecodeOnce(stop, needs, mayBlock);
            if (ChangeOfIds.Begun == begun || tries == MostTries || stop.IsAnswered)
                return call;
            call?.Emulation?.Release();
        }
    }

    private Call? DecodeOnce(Stop stop, Needs needs, bool mayBlock)
    {
        _credentials.Approach(stop.ThreadId);
        Signature signature = Signatures.X64[stop.Number]!;
        _emulator.Sockets.Release();
        bool sockets = SocketCalls.Knows(signature.Name);
        if ((needs & Needs.Held) == 0 || !(sockets || DescriptorCalls.Knows(signature.Name)))
            return Decode(stop, signature, needs, mayBlock);
        Call? call = null;
        bool settled = true;
        try
        {
            call = Decode(stop, signature, sockets ? needs | Needs.Addresses : needs, mayBlock);
        }
        finally
        {
            settled = sockets ? _emulator.Sockets.End(stop, mayBlock, understood: call is not null) : _emulator.Descriptors.End(stop, mayBlock, understood: call is not null);
        }

        return settled ? call : null;
    }

    private Call? Decode(Stop stop, Signature signature, Needs needs, bool mayBlock)
    {
        if (_names is not null)
            needs |= NameLearner.NeedsOf(stop);
        _reader.Begin(stop, signature, needs, mayBlock);
        if ((needs & Needs.Held) != 0 && SocketCalls.Knows(signature.Name))
            _emulator.Sockets.Begin(stop);
        else if ((needs & Needs.Held) != 0 && DescriptorCalls.Knows(signature.Name))
            _emulator.Descriptors.Begin(stop);
        _views.Clear();
        foreach (Operation operation in signature.Operations)
            AddViews(operation);
        if (_views.Count == 0 || (needs & Needs.KernelView) != 0)
            _views.Add(new(Operation.Syscall, signature.Name, _reader.KernelArguments()));
        IReadOnlyList<NewName>? newNames = _reader.NewNames();
        if (_reader.WouldBlock)
            return null;
        Action? whenContinued = _names?.Observe(stop, signature, _views);
        int certain = _reader.CertainErrno;
        if (_forks is not null && certain == 0 && signature.Operations.Contains(Operation.Fork))
        {
            if (_forks.TryTake(mayBlock) is not { } room)
                return null;
            certain = room ? 0 : EAGAIN;
        }

        CallFacts? facts = null;
        if ((needs & Needs.Facts) != 0 && (facts = _facts.Read(stop, signature, needs, _views[0], mayBlock)) is null)
            return null;
        if ((needs & Needs.Hash) != 0)
        {
            // What is held is what will be opened or run.
            if (_reader.Program is { } program)
            {
                // By its name the supervisor may find another file than the program does.
                program.AddHashes(_hashes, _views);
                facts = facts! with { Sha256 = null };
            }

            if (WritableCode.MapsFile(stop) && !AddHashOfMapped(stop, mayBlock))
                return null;
            if ((needs & Needs.Held) != 0 && _reader.MainOperation is Operation.Open && _reader.Held(0).Object is >= 0 and var file)
            {
                if (!_hashes.TryGet(file, mayBlock, out string? hash))
                    return null;
                facts = facts! with { Sha256 = hash };
            }
        }

        if (_names is not null && (needs & Needs.Domains) != 0)
        {
            facts = facts! with { Domains = _names.DomainsOf(stop, signature, _views, mayBlock, out bool wouldBlock) };
            if (wouldBlock)
                return null;
        }

        return new Call
        {
            ThreadId = stop.ThreadId,
            Syscall = signature.Name,
            Views = _views.ToArray(),
            CertainErrno = certain,
            Emulation = ((needs & Needs.Held) != 0 ? _emulator.For(stop, signature) : null) ?? _emulator.Always(stop),
            NewNames = newNames,
            WhenContinued = whenContinued,
            Facts = facts,
        };
    }

    private bool AddHashOfMapped(Stop stop, bool mayBlock)
    {
        bool known = CodeMapping.TryHash(stop.ThreadId, (int)stop.Register(4), _hashes, mayBlock, out string? hash);
        if (known)
            _views[^1] = _views[^1] with { Sha256 = hash };
        return known;
    }

    private void AddViews(Operation operation)
    {
        switch (operation)
        {
            // Another process's memory is a file too.
            case Operation.Open:
                Argument path = _reader.Path(0);
                Add(operation, path, _reader.ModeOfOpening());
                if (ProcessMemory.Of(path.Resolved) is { } owner)
                {
                    bool outside = _reader.IsOutside(owner);
                    _views[^1] = _views[^1] with { IsOutside = outside };
                    Add(Operation.Ptrace, Argument.FromNumber(owner), Argument.FromText("mem"));
                    _views[^1] = _views[^1] with { IsOutside = outside };
                }

                return;

            // What a script, a loader or a handler of binary formats leads to runs, too.
            case Operation.Exec:
                foreach (Argument[] program in _reader.Programs())
                    Add(operation, program);
                return;
            case Operation.Chdir or Operation.Chroot:
                Add(operation, _reader.Directory());
                return;

            // Opening truncates only when it says so.
            case Operation.Truncate when _reader.Find(Role.FileLength) < 0:
                if (OpenMode.Truncates(_reader.OpenFlags()))
                    Add(operation, _reader.Path(0), Argument.FromNumber(0));
                return;
            // An access control list is a mode, too.
            case Operation.Chmod when _reader.MainOperation == Operation.Xattr:
                if (_reader.Text(0).Given is not { } attribute || attribute.StartsWith("system.posix_acl_", StringComparison.Ordinal))
                    Add(operation, _reader.Path(0), Argument.Unreadable);
                return;
            case Operation.Send or Operation.Connect when _reader.Find(Role.InMessages) >= 0:
                foreach (TargetData.Message message in _reader.Messages())
                    AddMessage(operation, message);
                return;
            case Operation.Send or Operation.Connect when _reader.Find(Role.InMessage) >= 0:
                if (_reader.Message() is { } one)
                    AddMessage(operation, one);
                else
                    Add(operation, Argument.Unreadable, Argument.Unreadable);
                return;
            case Operation.Connect when _reader.Find(Role.InData) >= 0:
                if (_reader.HasAddress())
                    Add(operation, _reader.Address());
                return;
            case Operation.Read when !_reader.Reads():
            case Operation.Write when !_reader.Writes():
                return;
            // An exchange renames both ways.
            case Operation.Rename when _reader.Exchanges():
                Add(operation, _reader.Path(0), _reader.Path(1));
                Add(operation, _reader.Path(1), _reader.Path(0));
                return;
            case Operation.Mknod when _reader.MainOperation == Operation.Rename:
                if (_reader.LeavesWhiteout())
                    Add(operation, _reader.Path(0), Flags.ToArgument(Role.Permissions, Devices.S_IFCHR));
                return;
            case Operation.Delete when _reader.MainOperation == Operation.Rename:
                if (_reader.Replaces())
                    Add(operation, _reader.Path(1));
                return;
            case Operation.Bind when _reader.MainOperation == Operation.Listen:
                Argument own = _reader.LocalAddress();
                if (own.Given is null || own.Given.EndsWith(":0", StringComparison.Ordinal) || SocketAddress.IsChosenByKernel(own.Given))
                    Add(operation, own);
                return;
            case Operation.Socket when !_reader.CanReachOthers():
                return;
            case Operation.Ptrace or Operation.Kill:
                AddProcesses(operation);
                return;
            default:
                Add(operation, Arguments(operation));
                return;
        }
    }

    private void Add(Operation operation, params Argument[] arguments) =>
        _views.Add(new(operation, Operations.Of(operation)!.Name, arguments));

    private void AddMessage(Operation operation, in TargetData.Message message)
    {
        bool named = message.Name != 0 && message.NameLength != 0;
        if (operation == Operation.Connect)
        {
            if (named)
                Add(operation, _reader.Address(message.Name, message.NameLength));
        }
        else
            Add(operation, named ? _reader.Address(message.Name, message.NameLength) : _reader.Peer(), _reader.Data(message));
    }

    // Some calls name two processes (kcmp); each is a question of its own.
    private void AddProcesses(Operation operation)
    {
        foreach (int process in _reader.Processes())
        {
            // Process 0 is the caller itself, which it may well look into; but PTRACE_TRACEME lets its parent in.
            if (operation == Operation.Ptrace && process == 0 && _reader.Find(Role.PidFd) < 0 && _reader.Find(Role.PtraceRequest) < 0)
                continue;
            Argument pid = process == 0 && _reader.Find(Role.PidFd) >= 0 ? Argument.Unreadable : Argument.FromNumber(process);
            if (operation == Operation.Kill)
            {
                Add(operation, pid, _reader.ExecutableOf(process), _reader.Word(Role.Signal));

                // Whoever signals a group signals everybody in it.
                foreach (int member in process <= 0 && _reader.Find(Role.PidFd) < 0 ? GroupKill.MembersOf(_reader.ThreadId, process) : [])
                    Add(operation, Argument.FromNumber(member), _reader.ExecutableOf(member), _reader.Word(Role.Signal));
            }
            else
            {
                Add(operation, pid, _reader.Find(Role.PtraceRequest) >= 0 ? _reader.Word(Role.PtraceRequest) : Argument.FromText(_reader.SyscallName));
                _views[^1] = _views[^1] with { IsOutside = _reader.IsOutside(process) };
            }
        }
    }

    private Argument[] Arguments(Operation operation) => operation switch
    {
        Operation.Read => [_reader.Descriptor(_reader.Find(Role.ReadFd) >= 0 ? Role.ReadFd : Role.WriteFd, writing: false)],
        Operation.Write => [_reader.Descriptor(Role.WriteFd, writing: true), _reader.Data()],
        Operation.Truncate => [_reader.Path(0), _reader.Number(Role.FileLength)],
        Operation.Fork => [_reader.ForkKind()],
        Operation.Connect or Operation.Bind => [_reader.Address()],
        Operation.Send => [_reader.HasAddress() ? _reader.Address() : _reader.Peer(), _reader.Data()],
        Operation.Receive => [_reader.Peer()],
        Operation.Listen or Operation.Accept => [_reader.LocalAddress()],
        Operation.Socket => [_reader.FamilyOfSocket(), _reader.Word(Role.SocketType)],
        Operation.Rename or Operation.Link or Operation.PivotRoot => [_reader.Path(0), _reader.Path(1)],
        Operation.Symlink => [_reader.Text(0), _reader.Path(0)],
        Operation.Mkdir or Operation.Mknod or Operation.Chmod => [_reader.Path(0), _reader.Word(Role.Permissions)],
        Operation.Chown => [_reader.Path(0), _reader.Owner(Role.Uid), _reader.Owner(Role.Gid)],
        Operation.Xattr => [_reader.Path(0), _reader.Text(0)],
        Operation.Access => [_reader.Path(0), _reader.Word(Role.AccessMode)],
        Operation.Mount => [_reader.MountSource(), _reader.MountTarget(), _reader.FileSystemType()],
        _ => [_reader.Path(0)],
    };
}
