using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Sandgate.Scripting.Interop;

/// <summary>
/// Loads the native library, which lies inside this assembly. It is mapped from sealed memory: a library file beside the program could be
/// overwritten while it is mapped, by the very program that is judged, and Sandgate stays one file.
/// </summary>
internal static unsafe partial class LuaLibrary
{
    private const uint CloseOnExec = 1, AllowSealing = 2, Executable = 0x10;
    private const int AddSeals = 1033, AllSeals = 0xF;

    private static readonly Lock Gate = new();
    private static nint _library;

    // A call without a transition of the collector is bound when the method around it is compiled: nothing in that method could come before.
    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "Nothing else runs before a method of this assembly is compiled.")]
    internal static void Register() =>
        NativeLibrary.SetDllImportResolver(typeof(LuaLibrary).Assembly, static (name, _, _) => name == Lua.Library ? Load() : 0);

    /// <summary>Loads the library when it isn't yet, to learn early if that can't be.</summary>
    /// <exception cref="DllNotFoundException">This system doesn't let memory be executed.</exception>
    public static void Ensure() => Load();

    /// <summary>The address of a function of the library.</summary>
    public static nint Export(string name) => NativeLibrary.GetExport(Load(), name);

    private static nint Load()
    {
        lock (Gate)
            return _library != 0 ? _library : _library = LoadSealed();
    }

    private static nint LoadSealed()
    {
        using UnmanagedMemoryStream stream = (UnmanagedMemoryStream)typeof(LuaLibrary).Assembly.GetManifestResourceStream("liblua54.so")!;
        int file = CreateMemoryFile("liblua54.so", CloseOnExec | AllowSealing | Executable);
        // Before Linux 6.3 the last flag is unknown, and every such file executable.
        if (file < 0)
            file = CreateMemoryFile("liblua54.so", CloseOnExec | AllowSealing);
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
