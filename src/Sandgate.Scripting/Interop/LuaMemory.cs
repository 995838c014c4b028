using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Sandgate.Scripting.Interop;

/// <summary>
/// The memory of one Lua state. The limit holds while script code runs. It is lifted while managed code calls the
/// library, because a refused request there would become a longjmp over managed frames.
/// </summary>
internal sealed unsafe partial class LuaMemory
{
    private const long LargeBlock = 64 << 10;

    // On the pinned heap: Lua keeps the address, and this object lives as long as the state.
    private readonly Meter[] _meter = GC.AllocateArray<Meter>(1, pinned: true);
    private readonly long _limit;
    private long _reserve;

    /// <summary>No memory used yet; the limit lifted.</summary>
    public LuaMemory(long limit)
    {
        _limit = limit;
        _meter[0].Limit = long.MaxValue;
    }

    /// <summary>What the state holds now.</summary>
    public long Used => _meter[0].Used;

    /// <summary>The allocator for lua_newstate.</summary>
    public static nint Allocator
    {
        get
        {
            // SAFETY: only an address is taken; the method has the signature of lua_Alloc.
            return (nint)(delegate* unmanaged[Cdecl]<void*, void*, nuint, nuint, void*>)&Allocate;
        }
    }

    /// <summary>The allocator's first argument.</summary>
    public nint User
    {
        get
        {
            // SAFETY: the array is pinned for as long as it lives.
            return (nint)Unsafe.AsPointer(ref _meter[0]);
        }
    }

    /// <summary>True while there is room for so many bytes more.</summary>
    public bool HasRoomFor(long bytes) => _meter[0].Used + bytes <= _limit;

    /// <summary>Script code begins to run.</summary>
    public void Enforce()
    {
        _meter[0].Limit = _limit + _reserve;
        // One operation on a block (a comparison, a copy) can't be interrupted, so no block may take long.
        _meter[0].LargestBlock = _limit / 4;
    }

    /// <summary>From the next <see cref="Enforce"/> on there is this much more than the limit, to describe a failure.</summary>
    public void Reserve(long bytes) => _reserve = bytes == 0 ? 0 : bytes + Math.Max(0, Used - _limit);

    /// <summary>
    /// The run is overdue. A single instruction that goes on and on, such as a call through a cycle of __call, is seen by no hook, but wants ever
    /// larger blocks.
    /// </summary>
    public void RefuseLargeBlocks(bool refuse) => Volatile.Write(ref _meter[0].RefusesLargeBlocks, refuse);

    /// <summary>Managed code begins to run.</summary>
    public void Lift()
    {
        _meter[0].Limit = long.MaxValue;
    }

    /// <summary>
    /// Keeps the state's thread from returning memory, so that another thread may walk the state's chain of calls
    /// (lua_sethook does); the collector frees parts of it. <see cref="Unlock"/> lets it go on.
    /// </summary>
    public void Lock() => _meter[0].Take();

    /// <summary>Ends what <see cref="Lock"/> began.</summary>
    public void Unlock() => _meter[0].Release();

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void* Allocate(void* user, void* block, nuint size, nuint wanted)
    {
        // SAFETY: Lua passes what lua_newstate was given, User, and blocks that came from here.
        Meter* meter = (Meter*)user;
        // For a new block the size is the kind of object.
        long before = block == null ? 0 : (long)size;
        if (wanted == 0)
        {
            if (block == null)
                return null;
            meter->Take();
            Free(block);
            meter->Release();
            meter->Used -= before;
            return null;
        }

        long more = (long)wanted - before;
        if (more > 0 && meter->MustRefuse(more, (long)wanted))
            return null;
        void* result = Reallocate(block, wanted);
        if (result != null)
            meter->Used += more;
        else if (meter->Limit == long.MaxValue)
            Environment.FailFast("out of memory");
        return result;
    }

    [LibraryImport("libc", EntryPoint = "realloc")]
    [SuppressGCTransition]
    private static partial void* Reallocate(void* block, nuint size);

    [LibraryImport("libc", EntryPoint = "free")]
    [SuppressGCTransition]
    private static partial void Free(void* block);

    private struct Meter
    {
        public long Used;
        public long Limit;
        public long LargestBlock;
        public bool RefusesLargeBlocks;
        private int _taken;

        public readonly bool MustRefuse(long more, long wanted) =>
            Limit != long.MaxValue && (Used + more > Limit || wanted > LargestBlock || (wanted > LargeBlock && RefusesLargeBlocks));

        public void Take()
        {
            SpinWait wait = default;
            while (Interlocked.CompareExchange(ref _taken, 1, 0) != 0)
                wait.SpinOnce();
        }

        public void Release() => Volatile.Write(ref _taken, 0);
    }
}
