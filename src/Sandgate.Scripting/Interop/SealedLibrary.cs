using System.Reflection;
using System.Runtime.InteropServices;

namespace Sandgate.Interop;

/// <summary>
/// Loads a native library that lies inside an assembly. It is mapped from sealed memory: a library file beside the program could be
/// overwritten while it is mapped, by the very program that is judged, and Sandgate stays one file.
/// </summary>
internal static unsafe partial class SealedLibrary
{
    private const uint CloseOnExec = 1, AllowSealing = 2, Executable = 0x10;
    private const int AddSeals = 1033, AllSeals = 0xF;

    /// <summary>Loads it.</summary>
    /// <param name="assembly">Where it lies.</param>
    /// <param name="name">The name of the resource.</param>
    /// <exception cref="DllNotFoundException">This system doesn't let memory be executed.</exception>
    public static nint Load(Assembly assembly, string name)
    {
        using UnmanagedMemoryStream stream = (UnmanagedMemoryStream)assembly.GetManifestResourceStream(name)!;
        int file = CreateMemoryFile(name, CloseOnExec | AllowSealing | Executable);

        // Before Linux 6.3 the last flag is unknown, and every such file executable.
        if (file < 0)
            file = CreateMemoryFile(name, CloseOnExec | AllowSealing);
        try
        {
            // SAFETY: the resource is mapped with its assembly; write copies it.
            if (file < 0 || Write(file, stream.PositionPointer, (nuint)stream.Length) != stream.Length || Control(file, AddSeals, AllSeals) != 0)
                throw new DllNotFoundException("no sealed memory");
            return NativeLibrary.Load($"/proc/self/fd/{file}");
        }
        finally
        {
            _ = CloseFile(file);
        }
    }

    [LibraryImport("libc", EntryPoint = "memfd_create", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int CreateMemoryFile(string name, uint flags);

    [LibraryImport("libc", EntryPoint = "write")]
    private static partial nint Write(int file, byte* bytes, nuint length);

    [LibraryImport("libc", EntryPoint = "fcntl")]
    private static partial int Control(int file, int command, int argument);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int CloseFile(int file);
}
