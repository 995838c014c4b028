using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Sandgate.Scripting.Interop;

/// <summary>
/// The Lua C library. An error in it is a longjmp, which must never cross a managed frame, so only what can't
/// raise while <see cref="LuaMemory"/> grants every request is declared here; everything else runs inside
/// <see cref="ProtectedCall"/>.
/// </summary>
/// <remarks>Functions that neither allocate nor collect skip the garbage collector's transition. One that allocates
/// calls the managed allocator, and may not.</remarks>
internal static unsafe partial class Lua
{
    /// <summary>The name that the imports below use; <see cref="LuaLibrary"/> knows what it means.</summary>
    public const string Library = "lua54";


    public const int Ok = 0, OutOfMemory = 4, ErrorInHandler = 5;
    public const int TypeNone = -1, TypeNil = 0, TypeBoolean = 1, TypeNumber = 3, TypeString = 4, TypeTable = 5, TypeFunction = 6;
    public const int MaskCount = 1 << 3;
    public const int Registry = -1_001_000;
    public const int GlobalsInRegistry = 2;
    public const int MultipleResults = -1;

    /// <summary>The pseudo index of a C function's upvalue.</summary>
    public static int Upvalue(int number) => Registry - number;

    /// <summary>The word before the state that Lua leaves to its host (lua_getextraspace).</summary>
    public static ref nint Extra(nint state)
    {
        // SAFETY: LUA_EXTRASPACE is one pointer, in front of the state, for as long as the state is open.
        return ref Unsafe.AsRef<nint>((nint*)state - 1);
    }

    [LibraryImport(Library, EntryPoint = "lua_newstate")]
    public static partial nint NewState(nint allocator, nint user);

    [LibraryImport(Library, EntryPoint = "lua_close")]
    public static partial void Close(nint state);

    [LibraryImport(Library, EntryPoint = "luaL_loadbufferx")]
    public static partial int Load(nint state, byte* code, nuint length, byte* name, byte* mode);

    [LibraryImport(Library, EntryPoint = "lua_pcallk")]
    private static partial int ProtectedCall(nint state, int arguments, int results, int handler, nint context, nint continuation);

    /// <summary>Calls a function in protected mode.</summary>
    public static int ProtectedCall(nint state, int arguments, int results, int handler) => ProtectedCall(state, arguments, results, handler, 0, 0);

    [LibraryImport(Library, EntryPoint = "lua_pushlstring")]
    public static partial nint PushString(nint state, byte* bytes, nuint length);

    [LibraryImport(Library, EntryPoint = "lua_pushcclosure")]
    public static partial void PushFunction(nint state, nint function, int upvalues);

    [LibraryImport(Library, EntryPoint = "lua_newuserdatauv")]
    public static partial nint NewUserData(nint state, nuint size, int values);

    [LibraryImport(Library, EntryPoint = "lua_createtable")]
    public static partial void NewTable(nint state, int array, int fields);

    [LibraryImport(Library, EntryPoint = "lua_rawset")]
    public static partial void RawSet(nint state, int index);

    [LibraryImport(Library, EntryPoint = "lua_checkstack")]
    public static partial int CheckStack(nint state, int slots);

    [LibraryImport(Library, EntryPoint = "lua_tolstring")]
    public static partial byte* ToString(nint state, int index, out nuint length);

    [LibraryImport(Library, EntryPoint = "lua_gc")]
    public static partial int Collect(nint state, int what);

    // It walks the chain of calls: no transition would only make the collector wait for that.
    [LibraryImport(Library, EntryPoint = "lua_sethook")]
    [SuppressGCTransition]
    public static partial void SetHook(nint state, nint hook, int mask, int count);

    [LibraryImport(Library, EntryPoint = "lua_settop")]
    [SuppressGCTransition]
    public static partial void SetTop(nint state, int index);

    [LibraryImport(Library, EntryPoint = "lua_gettop")]
    [SuppressGCTransition]
    public static partial int GetTop(nint state);

    [LibraryImport(Library, EntryPoint = "lua_copy")]
    [SuppressGCTransition]
    public static partial void Copy(nint state, int from, int to);

    [LibraryImport(Library, EntryPoint = "lua_pushvalue")]
    [SuppressGCTransition]
    public static partial void PushValue(nint state, int index);

    [LibraryImport(Library, EntryPoint = "lua_rawget")]
    [SuppressGCTransition]
    public static partial int RawGet(nint state, int index);

    [LibraryImport(Library, EntryPoint = "lua_rawgeti")]
    [SuppressGCTransition]
    public static partial int RawGetAt(nint state, int index, long key);

    [LibraryImport(Library, EntryPoint = "lua_type")]
    [SuppressGCTransition]
    public static partial int TypeOf(nint state, int index);

    [LibraryImport(Library, EntryPoint = "lua_toboolean")]
    [SuppressGCTransition]
    public static partial int ToBoolean(nint state, int index);

    [LibraryImport(Library, EntryPoint = "lua_tointegerx")]
    [SuppressGCTransition]
    public static partial long ToInteger(nint state, int index, out int isInteger);

    [LibraryImport(Library, EntryPoint = "lua_pushinteger")]
    [SuppressGCTransition]
    public static partial void PushInteger(nint state, long value);

    [LibraryImport(Library, EntryPoint = "lua_pushnil")]
    [SuppressGCTransition]
    public static partial void PushNil(nint state);

    [LibraryImport(Library, EntryPoint = "lua_pushboolean")]
    [SuppressGCTransition]
    public static partial void PushBoolean(nint state, int value);
}
