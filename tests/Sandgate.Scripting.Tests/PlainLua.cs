using System.Text;
using Sandgate.Scripting.Interop;

namespace Sandgate.Scripting.Tests;

/// <summary>Lua as it was shipped, without any limit: what its own patterns say.</summary>
internal sealed unsafe class PlainLua : IDisposable
{
    private const string Driver = """
        local op, s, p, r = ...
        local function show(ok, ...)
          if not ok then return "error" end
          local t = {}
          for i = 1, select('#', ...) do t[i] = tostring((select(i, ...))) end
          return table.concat(t, '|')
        end
        local ops = {
          find = function() return string.find(s, p, 2) end,
          match = function() return string.match(s, p) end,
          gsub = function() return string.gsub(s, p, r) end,
          call = function() return string.gsub(s, p, function(a, b) return b and a .. b end, 3) end,
          gmatch = function() local t = {} for a, b in string.gmatch(s, p) do t[#t + 1] = tostring(a) .. tostring(b) end return table.concat(t, ',') end,
        }
        return show(pcall(ops[op]))
        """;

    private readonly LuaMemory _memory = new(long.MaxValue);
    private readonly nint _state;

    public PlainLua()
    {
        LuaLibrary.Ensure();
        _state = Lua.NewState(LuaMemory.Allocator, _memory.User);
        foreach ((string library, string name) in new[] { ("base", "_G"), ("string", "string"), ("table", "table") })
        {
            _ = Lua.RawGetAt(_state, Lua.Registry, Lua.GlobalsInRegistry);
            Push(Encoding.ASCII.GetBytes(name));
            Lua.PushFunction(_state, LuaLibrary.Export("luaopen_" + library), 0);
            Assert.Equal(Lua.Ok, Lua.ProtectedCall(_state, 0, 1, 0));
            Lua.RawSet(_state, -3);
            Lua.SetTop(_state, 0);
        }
    }

    /// <summary>The result of an operation, "error" when there was one.</summary>
    public byte[] Ask(string operation, byte[] subject, byte[] pattern, byte[] replacement)
    {
        byte[] code = Encoding.ASCII.GetBytes(Driver);
        // SAFETY: everything is copied by Lua, or outlives the call.
        fixed (byte* start = code, name = "=plain\0"u8, mode = "t\0"u8)
            Assert.Equal(Lua.Ok, Lua.Load(_state, start, (nuint)code.Length, name, mode));
        Push(Encoding.ASCII.GetBytes(operation));
        Push(subject);
        Push(pattern);
        Push(replacement);
        Assert.Equal(Lua.Ok, Lua.ProtectedCall(_state, 4, 1, 0));
        byte[] result = LuaFunctions.BytesAt(_state, -1).ToArray();
        Lua.SetTop(_state, 0);
        return result;
    }

    public void Dispose() => Lua.Close(_state);

    private void Push(byte[] text)
    {
        // SAFETY: Lua copies the bytes.
        fixed (byte* start = text)
            Lua.PushString(_state, start, (nuint)text.Length);
    }
}
