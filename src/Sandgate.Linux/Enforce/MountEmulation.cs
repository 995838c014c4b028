using Sandgate.Core.Trap;
using Sandgate.Linux.Decode;
using Sandgate.Linux.Interop;
using Sandgate.Linux.Trap;

namespace Sandgate.Linux.Enforce;

/// <summary>mount(2) in the supervisor's own mount namespace: done on the directories and files that were judged. Changes of a mount that is there are the kernel's.</summary>
internal sealed unsafe class MountEmulation(ArgumentReader reader, TargetRoots roots) : IEmulation
{
    private const int EPERM = 1, EACCES = 13, EFAULT = 14;

    /// <inheritdoc/>
    public Outcome Carry(Stop stop)
    {
        SeccompStop answer = (SeccompStop)stop;
        if (reader.MountKind == MountKind.Change)
            return answer.Continue();
        if (roots.Credentials.Wall is { Handled: not 0 })
            return answer.Fail(EPERM);
        HeldPath target = reader.Held(0), source = reader.Held(1);
        bool bound = reader.MountKind != MountKind.New;
        if (target.Errno != 0 || source.Errno != 0)
            return answer.Fail(target.Errno != 0 ? target.Errno : source.Errno);
        if (target.Object < 0 || (bound && source.Object < 0))
            return answer.Fail(EACCES);
        using TargetCredentials.Scope rights = roots.Credentials.Assume(stop.ThreadId);
        if (rights.IsRefused)
            return answer.Fail(EACCES);
        long? result = roots.Changes.Make(reader.Judged, tree: true, () => true, () => bound ? Bind(stop, source.Object, target.Object) : Mount(stop, target.Object));
        if (result is not { } done)
            return Outcome.Changed;
        reader.Release();
        return answer.Return(done);
    }

    /// <inheritdoc/>
    public void Release() => reader.Release();

    private static long Bind(Stop stop, int source, int target)
    {
        Span<byte> from = stackalloc byte[ProcPath.Room], to = stackalloc byte[ProcPath.Room];
        new ProcPath(from).Add("/proc/self/fd/"u8).Add(source);
        new ProcPath(to).Add("/proc/self/fd/"u8).Add(target);

        // SAFETY: both end in NUL and live on this stack for the whole call.
        fixed (byte* old = from, place = to)
            return Libc.CallBlocking(SyscallNumbers.mount, (long)old, (long)place, 0, (long)stop.Register(3), 0);
    }

    private long Mount(Stop stop, int target)
    {
        const int Page = 4096;
        byte[] data = new byte[Page];
        if (stop.Register(4) != 0 && TargetMemory.ReadString(stop.ThreadId, stop.Register(4), data.AsSpan(0, Page - 1)) is -1)
            return -EFAULT;
        byte[] type = [.. Core.Decode.TargetText.ToBytes(reader.FileSystemType().Given ?? ""), 0];
        Span<byte> to = stackalloc byte[ProcPath.Room];
        new ProcPath(to).Add("/proc/self/fd/"u8).Add(target);

        // SAFETY: all end in NUL and live, pinned or on this stack, for the whole call.
        fixed (byte* text = reader.HeldText, place = to, name = type, options = data)
            return Libc.CallBlocking(SyscallNumbers.mount, stop.Register(0) == 0 ? 0 : (long)text, (long)place, (long)name, (long)stop.Register(3), stop.Register(4) == 0 ? 0 : (long)options);
    }
}
