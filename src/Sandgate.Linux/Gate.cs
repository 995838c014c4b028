using Microsoft.Win32.SafeHandles;
using Sandgate.Core;
using Sandgate.Core.Trap;
using Sandgate.Linux.Confine;
using Sandgate.Linux.Decode;
using Sandgate.Linux.Interop;
using Sandgate.Linux.Launch;
using Sandgate.Linux.Trap;

namespace Sandgate.Linux;

/// <summary>The loop that answers the program's stopped calls, on a thread of its own, from the listener's first call to the last.</summary>
internal sealed class Gate : IDisposable
{
    private const int EFD_CLOEXEC = 0x80000;

    private readonly SafeFileHandle _listener;
    private readonly SafeFileHandle? _treeHasEnded;
    private readonly SeccompTrap _trap;
    private readonly Session _session;
    private readonly ReadyThread _loop;
    private readonly Action _whenTreeEnds;
    private Exception? _broken;

    /// <summary>Takes the listener over and begins to answer on this thread.</summary>
    public Gate(ReadyThread loop, Listener listener, KernelFeatures kernel, TargetRoots roots, Func<ITrap, Action<Exception>, Session> newSession, Action whenTreeEnds)
    {
        _listener = new((nint)listener.Descriptor, ownsHandle: true);
        if (!listener.EndsWithTree)
            _treeHasEnded = new((nint)Libc.Call(SyscallNumbers.eventfd2, 0, EFD_CLOEXEC), ownsHandle: true);
        _trap = new(_listener, kernel, roots, _treeHasEnded);
        _session = newSession(_trap, Break);
        (_loop, _whenTreeEnds) = (loop, whenTreeEnds);
        _loop.Do(Answer);
    }

    /// <summary>Puts other rules in force.</summary>
    public void Use(Core.Decide.Policy policy) => _session.Use(policy);

    /// <summary>How many calls have stopped so far.</summary>
    public long Stops => _trap.Stops;

    /// <summary>What stopped the loop before its time.</summary>
    public Exception? Broken => Volatile.Read(ref _broken);

    /// <summary>Nobody of the tree is left: waits until the last call is answered.</summary>
    public unsafe void TreeHasEnded()
    {
        ulong one = 1;

        // SAFETY: one lives on this stack for the whole call.
        if (_treeHasEnded is not null)
            Libc.Call(SyscallNumbers.write, _treeHasEnded.DangerousGetHandle(), (long)(&one), sizeof(ulong));
        _loop.Join(TimeSpan.FromSeconds(5));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _session.Dispose();
        _trap.Dispose();
        _listener.Dispose();
        _treeHasEnded?.Dispose();
    }

    private void Answer()
    {
        try
        {
            _session.Run();
            _whenTreeEnds();
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            Break(failure);
        }
    }

    // Nobody answers as he should any more: end what is left rather than let it wait for ever, or go on unjudged.
    private void Break(Exception failure)
    {
        Interlocked.CompareExchange(ref _broken, failure, null);
        TreeKill.Run();
    }
}
