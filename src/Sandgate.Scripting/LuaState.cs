using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Sandgate.Core.Decide.Language;
using Sandgate.Core.Decide.Scripts;
using Sandgate.Core.Decode;
using Sandgate.Scripting.Interop;

namespace Sandgate.Scripting;

/// <summary>
/// One Lua state with one script in it. Used by one thread at a time; only <see cref="StopIfOverdue"/> may come from another.
/// </summary>
/// <remarks>On the Lua stack lie, for good: the message handler, the userdata <c>call</c>, and the script's <c>matcher</c>.</remarks>
internal sealed unsafe class LuaState : IDisposable
{
    private const int Handler = 1, CallObject = 2, Matcher = 3;

    // Enough for the message handler, which runs some forty; what the script has pending gets no more than this either.
    private const int InstructionsAfterFailure = 200;

    // The time limit is one of processor time; by the clock it may be so many times as long.
    private const int WallClockFactor = 10;

    private static readonly nint RaiseFromHook = LuaLibrary.Export("luaL_error");
    private static readonly byte[] PreludeCode = ReadPrelude();

    private readonly ScriptSource _source;
    private readonly GCHandle _self;
    private readonly nint _state;
    private readonly long _allowedTicks;
    private long _started;
    private long _seen;
    private int _clock;
    private TimeSpan? _timeWhenSeen;
    private bool _overdue;

    /// <summary>Makes a state and runs the script's top level in it.</summary>
    /// <exception cref="PatternException">The script can't be used.</exception>
    public LuaState(ScriptSource source)
    {
        _source = source;
        _allowedTicks = Watchdog.TicksOf(source.Limits.Time);
        Memory = new(source.Limits.Bytes);
        _state = Lua.NewState(LuaMemory.Allocator, Memory.User);
        if (_state == 0)
            throw new InvalidOperationException("no Lua state could be made");
        _self = GCHandle.Alloc(this);
        Lua.Extra(_state) = GCHandle.ToIntPtr(_self);
        Watchdog.Watch(this);
        try
        {
            Prepare();
            LoadScript();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The state's memory.</summary>
    public LuaMemory Memory { get; }

    /// <summary>The call that is judged now; null while the script is loaded.</summary>
    public ICallFields? Call { get; private set; }

    /// <summary>Steps that patterns may still take in this run.</summary>
    public ref long PatternSteps => ref _patternSteps;
    private long _patternSteps;

    /// <summary>Why this run has to end; null while it need not.</summary>
    public string? Reason { get; private set; }

    /// <summary>What the message handler made of the run's first error.</summary>
    public string? Message { get; set; }

    /// <summary>True when the state should not be used again: what the script holds may have struck a limit.</summary>
    public bool IsSpent { get; private set; }

    /// <summary>True when the message handler was told of an error in this run.</summary>
    public bool HasFailed { get; private set; }

    /// <summary>True while the script runs.</summary>
    public bool IsRunning => Volatile.Read(ref _started) != 0;

    /// <summary>The state that called a C function.</summary>
    public static LuaState Of(nint state) => Unsafe.As<LuaState>(GCHandle.FromIntPtr(Lua.Extra(state)).Target!);

    /// <summary>Runs the matcher; null when it failed, and then <paramref name="failure"/> says why.</summary>
    public bool? Match(ICallFields call, out string? failure)
    {
        Lua.PushValue(_state, Matcher);
        Lua.PushValue(_state, CallObject);
        Call = call;
        int status = Run(1, 1);
        Call = null;
        failure = null;
        bool? result = null;
        if (status != Lua.Ok || Reason is not null)
            failure = Explain(status);
        else if (Lua.TypeOf(_state, -1) == Lua.TypeBoolean)
            result = Lua.ToBoolean(_state, -1) != 0;
        else
            failure = $"{_source.Chunk}: matcher returned {TypeName(Lua.TypeOf(_state, -1))}, not true or false";
        Lua.SetTop(_state, Matcher);
        return result;
    }

    /// <summary>
    /// Ends the run soon, and lets nothing catch or outlast that. Native functions fail by this, too: the hook raises the error at the
    /// next instruction, because they themselves can't.
    /// </summary>
    public void Fail(string reason, bool isLimit = false)
    {
        Reason ??= reason;
        IsSpent |= isLimit;
        Memory.Lock();
        Lua.SetHook(_state, RaiseFromHook, Lua.MaskCount, 1);
        Memory.Unlock();
    }

    /// <summary>The message handler begins: from here on the script's own code hardly runs. Returns the reason of a raise by the hook.</summary>
    public string Failing(bool byHook)
    {
        if (byHook && Reason is null)
        {
            Reason = _overdue
                ? $"took longer than {_source.Limits.Time.TotalMilliseconds:0} ms"
                : $"took more than {_source.Limits.Instructions} instructions";
            IsSpent = true;
        }

        HasFailed = true;
        Memory.Reserve(256 << 10);
        Memory.Lock();
        Lua.SetHook(_state, RaiseFromHook, Lua.MaskCount, InstructionsAfterFailure);
        Memory.Unlock();
        return Reason ?? "";
    }

    /// <summary>Called by the watchdog: ends a run that takes too long. True while there is a run.</summary>
    public bool StopIfOverdue(long now)
    {
        long started = Volatile.Read(ref _started);
        if (started == 0)
            return false;
        if (started != _seen)
        {
            _seen = started;
            _timeWhenSeen = ThreadClock.Read(_clock);
        }

        if (now - started <= _allowedTicks || (IsWithinTime() && now - started <= _allowedTicks * WallClockFactor))
            return true;

        // A run ends under this lock, so the run that is stopped is the one that was looked at, and the state is open.
        Memory.Lock();
        if (_started == started)
        {
            _overdue = true;
            Memory.RefuseLargeBlocks(true);
            Lua.SetHook(_state, RaiseFromHook, Lua.MaskCount, 1);
        }

        Memory.Unlock();
        return true;
    }

    // Whoever had no processor (a busy machine, a container's quota) has not taken long.
    private bool IsWithinTime() => _timeWhenSeen is { } before && ThreadClock.Read(_clock) is { } after && after - before <= _source.Limits.Time;

    /// <inheritdoc/>
    public void Dispose()
    {
        Watchdog.Forget(this);
        Lua.Close(_state);
        _self.Free();
    }

    private int Run(int arguments, int results)
    {
        Reason = null;
        HasFailed = false;
        Message = null;
        Memory.Reserve(0);
        _overdue = false;
        Memory.RefuseLargeBlocks(false);
        _patternSteps = _source.Limits.Instructions;
        Lua.SetHook(_state, RaiseFromHook, Lua.MaskCount, _source.Limits.Instructions);
        Memory.Enforce();
        _clock = ThreadClock.Current;
        Interlocked.Exchange(ref _started, Watchdog.Now);
        Watchdog.WakeIfAsleep();
        int status = Lua.ProtectedCall(_state, arguments, results, Handler);
        Memory.Lift();
        Memory.Lock();
        Volatile.Write(ref _started, 0);
        Memory.Unlock();
        if (_overdue && status != Lua.Ok)
            Reason ??= $"took longer than {_source.Limits.Time.TotalMilliseconds:0} ms";
        IsSpent |= status is Lua.OutOfMemory or Lua.ErrorInHandler;
        return status;
    }

    private void Prepare()
    {
        ReadOnlySpan<string> libraries = ["base", "string", "table", "math", "utf8", "debug"];
        foreach (string library in libraries)
        {
            Lua.PushFunction(_state, LuaLibrary.Export("luaopen_" + library), 0);
            Check(Lua.ProtectedCall(_state, 0, 1, 0));
        }

        // The base library is the table of globals, which is there already.
        LuaFunctions.Push(_state);
        Lua.NewUserData(_state, 0, 0);
        int first = 2, last = libraries.Length + 2;
        Check(Load(PreludeCode, "=[sandgate]"));
        for (int index = first; index <= last; index++)
            Lua.PushValue(_state, index);
        Check(Lua.ProtectedCall(_state, last - first + 1, 1, 0));
        Lua.PushValue(_state, last);
        MoveToBottom(CallObject);
    }

    // Keeps the top two values as the first two of an otherwise empty stack, in this order.
    private void MoveToBottom(int count)
    {
        int top = Lua.GetTop(_state);
        for (int index = 1; index <= count; index++)
            Lua.Copy(_state, top - count + index, index);
        Lua.SetTop(_state, count);
    }

    private void LoadScript()
    {
        Memory.Enforce();
        int status = Load(Encoding.UTF8.GetBytes(_source.Code), "=" + _source.Chunk);
        Memory.Lift();
        if (status == Lua.Ok)
            status = Run(0, 0);
        if (status != Lua.Ok || Reason is not null)
            throw new PatternException(Located(FirstLine(Explain(status))));
        _ = Lua.RawGetAt(_state, Lua.Registry, Lua.GlobalsInRegistry);
        PushText("matcher"u8);
        if (Lua.RawGet(_state, -2) != Lua.TypeFunction)
            throw new PatternException($"{_source.Chunk}: the script defines no function \"matcher\"", "write function matcher(call) … end");
        Lua.Copy(_state, -1, Matcher);
        Lua.SetTop(_state, Matcher);
    }

    private int Load(byte[] code, string name)
    {
        byte[] chunk = [.. Encoding.UTF8.GetBytes(name), 0];

        // SAFETY: all three outlive the call, names end with a zero byte; "t" refuses bytecode, which could break the machine.
        fixed (byte* bytes = code, chunkName = chunk, mode = "t\0"u8)
            return Lua.Load(_state, bytes, (nuint)code.Length, chunkName, mode);
    }

    private void PushText(ReadOnlySpan<byte> text)
    {
        // SAFETY: Lua copies the bytes.
        fixed (byte* bytes = text)
            Lua.PushString(_state, bytes, (nuint)text.Length);
    }

    private string Explain(int status)
    {
        if (Message is not null)
            return Message;
        if (Reason is null && status == Lua.OutOfMemory)
            Reason = $"needs more than {_source.Limits.Bytes >> 10} KiB of memory";
        if (Reason is not null)
            return $"{_source.Chunk}: {Reason}";
        // What is said without the message handler: by the compiler, or when the handler failed, too.
        return Lua.TypeOf(_state, -1) == Lua.TypeString ? Messages.From(LuaFunctions.BytesAt(_state, -1)) : $"{_source.Chunk}: an error in error handling";
    }

    private void Check(int status)
    {
        if (status != Lua.Ok)
            throw new InvalidOperationException("the prelude of scripts failed: " + Explain(status));
    }

    // Lua names the place itself, except of what is no text; long names it shortens.
    private string Located(string message) =>
        message.StartsWith(_source.Chunk[..Math.Min(40, _source.Chunk.Length)], StringComparison.Ordinal) ? message : $"{_source.Chunk}: {message}";

    private static string FirstLine(string message) => message.Split('\n', 2)[0];

    private static string TypeName(int type) => type switch
    {
        Lua.TypeNil => "nil",
        Lua.TypeNumber => "a number",
        Lua.TypeString => "a string",
        Lua.TypeFunction => "a function",
        Lua.TypeTable => "a table",
        _ => "a userdata value",
    };

    private static byte[] ReadPrelude()
    {
        using Stream stream = typeof(LuaState).Assembly.GetManifestResourceStream("Prelude.lua")!;
        byte[] code = new byte[stream.Length];
        stream.ReadExactly(code);
        return code;
    }
}
