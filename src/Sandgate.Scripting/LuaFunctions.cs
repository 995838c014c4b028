using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Sandgate.Core.Decide.Fields;
using Sandgate.Core.Decode;
using Sandgate.Scripting.Interop;
using Sandgate.Scripting.Patterns;

namespace Sandgate.Scripting;

/// <summary>
/// What scripts and their prelude call of this program: <c>native.field</c>, <c>failed</c>, <c>told</c>, and in the other half the patterns.
/// </summary>
/// <remarks>
/// None may raise, neither a Lua error nor an exception: both would have to cross frames that can't be crossed. Memory is unlimited
/// while one runs, and a failure is left to the hook (<see cref="LuaState.Fail"/>).
/// </remarks>
internal static unsafe partial class LuaFunctions
{
    private const int Signature = -1;

    /// <summary>Pushes the table of functions.</summary>
    public static void Push(nint state)
    {
        Lua.NewTable(state, 0, 8);
        PushString(state, "field"u8);
        PushFieldNames(state);

        // SAFETY: only addresses are taken; the methods have the signature of lua_CFunction.
        Lua.PushFunction(state, (nint)(delegate* unmanaged[Cdecl]<nint, int>)&ReadField, 1);
        Lua.RawSet(state, -3);
        Add(state, "failed"u8, &Failed);
        Add(state, "told"u8, &Told);
        Add(state, "find"u8, &Find);
        Add(state, "match"u8, &Match);
        Add(state, "scan"u8, &Scan);
        Add(state, "gsub"u8, &Substitute);
    }

    /// <summary>The bytes of the string at an index, for as long as it stays there.</summary>
    public static ReadOnlySpan<byte> BytesAt(nint state, int index)
    {
        byte* bytes = Lua.ToString(state, index, out nuint length);

        // SAFETY: Lua's strings don't move, and this one is kept alive by its place on the stack.
        return new(bytes, (int)length);
    }

    private static void Add(nint state, ReadOnlySpan<byte> name, delegate* unmanaged[Cdecl]<nint, int> function)
    {
        PushString(state, name);
        Lua.PushFunction(state, (nint)function, 0);
        Lua.RawSet(state, -3);
    }

    private static void PushFieldNames(nint state)
    {
        Lua.NewTable(state, 0, FieldCatalogue.All.Count + 1);
        foreach (FieldInfo info in FieldCatalogue.All)
            AddName(state, info.Name, (int)info.Field);
        AddName(state, "signature", Signature);
    }

    private static void AddName(nint state, string name, int value)
    {
        PushString(state, Encoding.ASCII.GetBytes(name));
        Lua.PushInteger(state, value);
        Lua.RawSet(state, -3);
    }

    // __index of the userdata call; its upvalue is the table of names.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int ReadField(nint state)
    {
        LuaState script = LuaState.Of(state);
        script.Memory.Lift();
        try
        {
            Lua.SetTop(state, 2);
            _ = Lua.RawGet(state, Lua.Upvalue(1));
            int field = (int)Lua.ToInteger(state, -1, out int isField);
            if (isField == 0 || script.Call is not { } call)
                Lua.PushNil(state);
            else if (field == Signature)
                PushText(state, script, call.Signature);
            else
                PushValue(state, script, (Field)field, call.ValueOf((Field)field));
        }
        catch (Exception problem)
        {
            script.Fail($"a field could not be read: {problem.Message}");
            Lua.PushNil(state);
        }

        script.Memory.Enforce();
        return 1;
    }

    // failed(byHook): called once by the message handler before all else. Returns why a limit was struck, or nil when there was a failure before.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Failed(nint state)
    {
        LuaState script = LuaState.Of(state);
        script.Memory.Lift();
        if (script.HasFailed)
            Lua.PushNil(state);
        else
            PushString(state, Encoding.UTF8.GetBytes(script.Failing(Lua.ToBoolean(state, 1) != 0)));
        script.Memory.Enforce();
        return 1;
    }

    // told(message): called by the message handler at its end.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Told(nint state)
    {
        LuaState script = LuaState.Of(state);
        script.Memory.Lift();
        script.Message ??= Messages.From(BytesAt(state, 1));
        script.Memory.Enforce();
        return 0;
    }

    private static void PushValue(nint state, LuaState script, Field field, FieldValue value)
    {
        switch (value.State)
        {
            case FieldState.Text when FieldCatalogue.Of(field).Kind == FieldKind.Truth:
                Lua.PushBoolean(state, value.Text == "true" ? 1 : 0);
                break;
            case FieldState.Number:
                Lua.PushInteger(state, unchecked((long)value.Number));
                break;
            case FieldState.Text:
                PushText(state, script, value.Text!);
                break;
            default:
                Lua.PushNil(state);
                break;
        }
    }

    private static void PushText(nint state, LuaState script, string text)
    {
        byte[]? rented = null;
        Span<byte> bytes = text.Length <= 512 ? stackalloc byte[512] : rented = ArrayPool<byte>.Shared.Rent(text.Length);
        if (Ascii.FromUtf16(text, bytes, out int length) == OperationStatus.Done)
            PushGoverned(state, script, bytes[..length]);
        else
            PushGoverned(state, script, TargetText.ToBytes(text));
        if (rented is not null)
            ArrayPool<byte>.Shared.Return(rented);
    }

    // The limit is lifted here, so it is looked at by hand: a script could keep what it is given.
    private static void PushGoverned(nint state, LuaState script, ReadOnlySpan<byte> bytes)
    {
        const int Collect = 2;
        if (!script.Memory.HasRoomFor(bytes.Length))
            _ = Lua.Collect(state, Collect);
        if (script.Memory.HasRoomFor(bytes.Length))
            PushString(state, bytes);
        else
        {
            script.Fail("needs more memory than it may", isLimit: true);
            Lua.PushNil(state);
        }
    }

    private static void PushString(nint state, ReadOnlySpan<byte> bytes)
    {
        // SAFETY: Lua copies the bytes.
        fixed (byte* start = bytes)
            Lua.PushString(state, start, (nuint)bytes.Length);
    }
}
