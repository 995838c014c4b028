using Sandgate.Core.Decide;
using Sandgate.Core.Decide.Language;
using Sandgate.Core.Decide.Scripts;
using Sandgate.Scripting.Interop;

namespace Sandgate.Scripting;

/// <summary>A matcher written in Lua. Runs one call at a time, whatever thread it comes from.</summary>
public sealed class LuaScript : IScript
{
    /// <summary>
    /// The stack that a run may need, in bytes; a thread with less left runs no script. Lua ends recursion at 200 nested C calls: 343 KiB where each is a
    /// string.format, 391 KiB with a hard pattern at the bottom (measured by StackTests). The rest is for what reads the call's fields.
    /// </summary>
    public const int StackNeeded = 512 * 1024;

    private readonly ScriptSource _source;
    private readonly FailureReport _failures;
    private readonly Lock _gate = new();
    private LuaState? _state;
    private bool _isDisposed;

    internal LuaScript(ScriptSource source)
    {
        _source = source;
        _failures = new(source.OnFailure);
        _state = new(source);
    }

    /// <inheritdoc/>
    public string Name => _source.Name;

    /// <inheritdoc/>
    public Truth Match(ICallFields call)
    {
        bool? result = TryMatch(call, out string? failure);
        if (failure is not null)
            _failures.Add(failure);
        return result switch
        {
            true => Truth.True,
            false => Truth.False,
            null => Truth.Unknown,
        };
    }

    /// <summary>Waits for a run that is under way.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
            _state?.Dispose();
            _state = null;
        }
    }

    private bool? TryMatch(ICallFields call, out string? failure)
    {
        if (!ThreadStack.HasRoomFor(StackNeeded))
        {
            failure = $"{_source.Chunk}: this thread has too little stack left to run a script";
            return null;
        }

        lock (_gate)
        {
            failure = null;
            if (_isDisposed)
                return null;
            if (_state is { IsRunning: true })
            {
                failure = $"{_source.Chunk}: asked again from inside its own run";
                return null;
            }

            try
            {
                _state ??= new(_source);
            }
            catch (PatternException problem)
            {
                failure = problem.Message;
                return null;
            }

            bool? result = _state.Match(call, out failure);
            if (_state.IsSpent)
            {
                _state.Dispose();
                _state = null;
            }

            return result;
        }
    }
}
