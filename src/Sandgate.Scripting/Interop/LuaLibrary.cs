using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Sandgate.Interop;

namespace Sandgate.Scripting.Interop;

/// <summary>Loads the native library, which lies inside this assembly.</summary>
internal static class LuaLibrary
{
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
            return _library != 0 ? _library : _library = SealedLibrary.Load(typeof(LuaLibrary).Assembly, "liblua54.so");
    }
}
