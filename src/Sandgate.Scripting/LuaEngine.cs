using Sandgate.Core.Decide.Language;
using Sandgate.Core.Decide.Scripts;
using Sandgate.Scripting.Interop;

namespace Sandgate.Scripting;

/// <summary>Scripts in Lua 5.4. The library is loaded with the first script.</summary>
public sealed class LuaEngine : IScriptEngine
{
    // The parser looks at every label of a function for every other one, and no limit is looked at while it does.
    private const int LongestCode = 256 << 10;

    /// <inheritdoc/>
    public IScript Compile(ScriptSource source)
    {
        if (source.Code.Length > LongestCode)
            throw new PatternException($"{source.Chunk}: the script is longer than {LongestCode >> 10} KiB");
        try
        {
            LuaLibrary.Ensure();
        }
        catch (DllNotFoundException problem)
        {
            throw new PatternException($"{source.Chunk}: the Lua library can't be loaded: {problem.Message.Split('\n')[0]}", "see that sysctl vm.memfd_noexec is not 2");
        }

        return new LuaScript(source);
    }
}
