using Sandgate.Core.Decide.Scripts;
using Sandgate.Scripting;

namespace Sandgate.Cli;

/// <summary>The script engine, which is loaded when the first script is: most runs have none.</summary>
internal sealed class ScriptsWhenNeeded : IScriptEngine
{
    private LuaEngine? _engine;

    /// <inheritdoc/>
    public IScript Compile(ScriptSource source) => (_engine ??= new LuaEngine()).Compile(source);
}
