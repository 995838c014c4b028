using Sandgate.Core;
using Sandgate.Core.Decode;
using Sandgate.Core.Trap;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Decode;

/// <summary>What a call's descriptors are open on.</summary>
internal sealed partial class ArgumentReader
{
    private int _pathDescriptor;

    // Who asks of a descriptor asks of the stream; who asks by the file's own name asks of the file.
    private Argument AsStream(in Argument path, HeldPath? held)
    {
        int descriptor = _pathDescriptor;
        return MainOperation == Operation.Stat && descriptor >= 0 && path.Resolved is { } name
            && streams.NameOf(name, () => held?.Identity ?? IdentityOf(descriptor), descriptor, writing: null) is { } stream
            ? Argument.FromStdio(stream) : path;
    }

    // The file behind a descriptor, as a path that needs no resolving; AT_FDCWD is the working directory.
    private Argument OfDescriptor(int descriptor, bool certain = true, HeldPath? held = null)
    {
        _pathDescriptor = descriptor;
        if (held is not null && Fetched >= 0 && descriptor == Int(0))
        {
            held.TakeObject(Fetched);
            Fetched = -1;
            return NameOf(held);
        }

        if (held is not null)
        {
            Span<byte> link = stackalloc byte[ProcPath.Room];
            ProcPath path = new ProcPath(link).Add("/proc/"u8).Add(_stop.ThreadId);
            if (descriptor == Files.AT_FDCWD)
                path.Add("/cwd"u8);
            else
                path.Add("/fd/"u8).Add(descriptor);
            int found = Files.OpenAt2(Files.AT_FDCWD, link, Files.O_PATH | Files.O_CLOEXEC, 0, _mayBlock);
            if (found < 0)
                return found == -ENOENT && certain ? Certainly(EBADF) : Argument.Unreadable;
            held.TakeObject(found);
            return NameOf(held);
        }

        return DescriptorName(descriptor, certain) is { } name ? Argument.FromPath(name, name) : Argument.Unreadable;
    }

    private Argument NameOf(HeldPath held)
    {
        int count = Files.ReadDescriptorName(held.Object, _text);
        if (count == -ENAMETOOLONG)
            return LongNameOf(held.Object) is { } name ? Argument.FromPath(name, name) : Argument.Unreadable;
        return count > 0 && ShownName.Of(_names.Of(_text.AsSpan(0, count)), held.Object, _stop.ThreadId) is { } real ? Argument.FromPath(real, real) : Argument.Unreadable;
    }

    private string? DescriptorName(int descriptor, bool certain = true)
    {
        Span<byte> link = stackalloc byte[ProcPath.Room];
        ProcPath path = new ProcPath(link).Add("/proc/"u8).Add(_stop.ThreadId);
        if (descriptor == Files.AT_FDCWD)
            path.Add("/cwd"u8);
        else
            path.Add("/fd/"u8).Add(descriptor);
        int count = Files.ReadLink(Files.AT_FDCWD, link, _text);
        if (count == -ENOENT && certain)
            Certainly(EBADF);
        if (count == -ENAMETOOLONG)
            return LongNameOf(link);
        return count > 0 ? ShownName.Of(_names.Of(_text.AsSpan(0, count)), link, _stop.ThreadId) : null;
    }

    private string? LongNameOf(ReadOnlySpan<byte> link)
    {
        int found = Files.OpenAt2(Files.AT_FDCWD, link, Files.O_PATH | Files.O_CLOEXEC, 0, _mayBlock);
        if (found < 0)
            return null;
        string? name = LongNameOf(found);
        Files.Close(found);
        return name;
    }

    private string? LongNameOf(int descriptor)
    {
        WouldBlock |= !_mayBlock;
        return WouldBlock ? null : LongName.Of(descriptor, _stop.ThreadId);
    }

    /// <summary>The file, pipe or socket that the call reads or writes.</summary>
    public Argument Descriptor(Role role, bool writing)
    {
        int at = Find(role);
        if (at < 0 || !Wants(Needs.Descriptors))
            return Argument.Unreadable;
        if (DescriptorName(Int(at)) is not { } name)
            return Argument.Unreadable;
        return streams.NameOf(name, () => IdentityOf(Int(at)), Int(at), writing) is { } stream ? Argument.FromStdio(stream) : Argument.FromDescriptor(name);
    }

    private FileIdentity? IdentityOf(int descriptor)
    {
        Span<byte> link = stackalloc byte[ProcPath.Room];
        new ProcPath(link).Add("/proc/"u8).Add(_stop.ThreadId).Add("/fd/"u8).Add(descriptor);
        int found = Files.OpenAt2(Files.AT_FDCWD, link, Files.O_PATH | Files.O_CLOEXEC, 0, mayBlock: false);
        if (found < 0)
            return null;
        bool told = Files.Stat(found, out FileIdentity identity);
        Files.Close(found);
        return told ? identity : null;
    }
}
