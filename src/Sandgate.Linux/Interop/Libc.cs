using System.Runtime.InteropServices;

namespace Sandgate.Linux.Interop;

/// <summary>
/// The C library, used only to reach the kernel: <c>syscall(2)</c> itself, because the wrappers
/// choose other calls than the one named, and errno. Results are the kernel's own: a negative
/// value is an errno with its sign turned.
/// </summary>
internal static unsafe partial class Libc
{
    private const string Name = "libc";

    /// <summary>
    /// A call that returns at once (no waiting for another process, no slow device): the thread
    /// stays in the state in which the garbage collector waits for it.
    /// </summary>
    public static long Call(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0, long f = 0)
    {
        // SAFETY: every pointer among the arguments is valid for the call by its caller's own proof.
        long result = SyscallFast(number, a, b, c, d, e, f);
        return result == -1 ? -*ErrnoLocation() : result;
    }

    /// <summary>A call that may wait.</summary>
    public static long CallBlocking(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0, long f = 0)
    {
        // SAFETY: as for Call.
        long result = SyscallBlocking(number, a, b, c, d, e, f);
        return result == -1 ? -*ErrnoLocation() : result;
    }

    /// <summary>The address of a function, for code that calls it without the runtime's help.</summary>
    public static nint Export(string function) => NativeLibrary.GetExport(NativeLibrary.Load("libc.so.6"), function);

    [LibraryImport(Name, EntryPoint = "syscall")]
    [SuppressGCTransition]
    private static partial long SyscallFast(long number, long a, long b, long c, long d, long e, long f);

    [LibraryImport(Name, EntryPoint = "syscall")]
    private static partial long SyscallBlocking(long number, long a, long b, long c, long d, long e, long f);

    [LibraryImport(Name, EntryPoint = "__errno_location")]
    [SuppressGCTransition]
    private static partial int* ErrnoLocation();
}
