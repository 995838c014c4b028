using System.Runtime.InteropServices;

namespace Sandgate.Scripting.Interop;

/// <summary>How much stack the current thread has left. Lua counts the nesting of its own C calls, not their bytes.</summary>
internal static unsafe partial class ThreadStack
{
    [ThreadStatic]
    private static nuint _lowest;

    /// <summary>True when at least so many bytes are left.</summary>
    public static bool HasRoomFor(nuint bytes)
    {
        byte here;

        // SAFETY: only the address of the local is looked at.
        return (nuint)(&here) > Lowest + bytes;
    }

    /// <summary>The lowest address of the current thread's stack.</summary>
    public static nuint Lowest => _lowest == 0 ? _lowest = FindLowest() : _lowest;

    private static nuint FindLowest()
    {
        // pthread_attr_t is an opaque union of 56 bytes (64 on some architectures).
        ulong* attributes = stackalloc ulong[16];
        nuint address, size;

        // SAFETY: the buffer is larger than the type on every architecture of glibc, and is destroyed once it was filled.
        if (GetAttributes(Self(), attributes) != 0)
            return 1;
        int error = GetStack(attributes, &address, &size);
        _ = DestroyAttributes(attributes);
        return error == 0 ? address : 1;
    }

    [LibraryImport("libc", EntryPoint = "pthread_self")]
    private static partial nint Self();

    [LibraryImport("libc", EntryPoint = "pthread_getattr_np")]
    private static partial int GetAttributes(nint thread, ulong* attributes);

    [LibraryImport("libc", EntryPoint = "pthread_attr_getstack")]
    private static partial int GetStack(ulong* attributes, nuint* address, nuint* size);

    [LibraryImport("libc", EntryPoint = "pthread_attr_destroy")]
    private static partial int DestroyAttributes(ulong* attributes);
}
