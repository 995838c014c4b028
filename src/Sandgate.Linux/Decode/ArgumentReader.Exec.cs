using Sandgate.Core;
using Sandgate.Core.Decode;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Decode;

/// <content>What execve, chdir and chroot mean, looked up once and kept: only the kernel can do these for the program, so what it did is compared with that.</content>
internal sealed partial class ArgumentReader
{
    private HeldObject? _target;
    private ExecChain? _chain;
    private List<Argument>? _vector;
    private bool _isDescriptor;

    /// <summary>Everything that the call would run; null when it was not looked for.</summary>
    public ExecChain? Program => _chain;

    /// <summary>The directory that the call would change to; null when it was not looked for.</summary>
    public HeldObject? Target => _target;

    private void LetGo()
    {
        _target?.LetGo();
        _chain?.LetGo();
        (_target, _chain, _vector, _isDescriptor) = (null, null, null, false);
    }

    /// <summary>The directory that chdir, fchdir or chroot names.</summary>
    public Argument Directory()
    {
        if (!Wants(Needs.Held))
            return Path(0);
        return Look() ? Path(0) : Argument.Unreadable;
    }

    /// <summary>The program that the call names, and every other that the kernel or a loader then runs, each with its argv.</summary>
    public IEnumerable<Argument[]> Programs()
    {
        if (!Wants(Needs.ResolvedPaths | Needs.Held))
            return [[Path(0), .. ArgumentVector()]];
        if (!Look())
            return [[Argument.Unreadable]];
        _chain = ExecChain.Read(_stop.ThreadId, roots.Credentials, _target!, ExecName(), ArgumentVector());
        return _chain.Views;
    }

    // False when there is nothing to look at.
    private bool Look()
    {
        if (!_mayBlock)
        {
            WouldBlock = true;
            return false;
        }

        int at = FindNth(0, Role.Path, Role.FileFd);
        if (_signature.Roles[at] == Role.FileFd)
            return Found(HeldObject.FindDescriptor(_stop.ThreadId, Int(at), out _target));
        int directory = at > 0 && _signature.Roles[at - 1] == Role.DirFd ? Int(at - 1) : Files.AT_FDCWD;
        ulong atFlags = Find(Role.AtFlags) is >= 0 and var flags ? Register(flags) : 0;
        int length = TargetMemory.ReadString(_stop.ThreadId, Register(at), _text.AsSpan(0, Files.PathMax));
        const ulong AT_EXECVE_CHECK = 0x10000;
        if ((length > 0 || (length == 0 && (atFlags & AT_EMPTY_PATH) != 0)) && ((uint)atFlags & ~(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW | AT_EXECVE_CHECK)) != 0)
            Certainly(EINVAL);
        if (length > 0)
        {
            Span<byte> path = _text.AsSpan(0, length);
            int errno = HeldObject.Find(_stop.ThreadId, roots.Credentials, directory, path, _names.Of(path), Follows(_signature.Roles[at], atFlags), out _target);
            if (errno != 0)
                Certainly(errno);
            return true;
        }

        if (length == 0 && (atFlags & AT_EMPTY_PATH) != 0)
        {
            _isDescriptor = true;
            return Found(HeldObject.FindDescriptor(_stop.ThreadId, directory, out _target));
        }

        if (length == 0)
        {
            Certainly(ENOENT);
            _target = new(Argument.FromPath("", ""), null, default);
        }
        else
            _target = new(length == -1 ? Fault() : Certainly(ENAMETOOLONG), null, default);
        return true;
    }

    private bool Found(int result)
    {
        if (result == -ENOENT)
            Certainly(EBADF);
        return true;
    }

    // What the kernel calls the program where it passes its name on (AT_EXECFN of getauxval(3), a script's argv).
    private string ExecName()
    {
        int at = Find(Role.Path);
        string given = _target!.Path.Given ?? "";
        if (at == 0 || Int(at - 1) == Files.AT_FDCWD)
            return given;
        return _isDescriptor ? $"/dev/fd/{Int(at - 1)}" : given.StartsWith('/') ? given : $"/dev/fd/{Int(at - 1)}/{given}";
    }
}
