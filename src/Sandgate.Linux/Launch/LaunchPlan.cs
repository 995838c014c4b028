using System.Globalization;
using System.Text;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Launch;

/// <summary>Who can carry a step out, which depends on what the step changes.</summary>
internal enum StepScope : byte
{
    /// <summary>A child of its own only: the step changes, or is about, a whole process.</summary>
    Child,

    /// <summary>Any thread: the step changes that thread alone, and what the thread starts inherits the change.</summary>
    Thread,

    /// <summary>posix_spawn(3) too, by means of its own: the file to execute, <see cref="LaunchPlan.Signals"/>.</summary>
    Spawn,
}

/// <summary>One system call that the child makes on itself before it becomes the program.</summary>
/// <param name="Scope">Who can carry it out.</param>
/// <param name="Purpose">What the step is for, in words that can stand in an error message: "install the filter".</param>
/// <param name="Number">The system call's number.</param>
/// <param name="Arguments">Up to six argument registers.</param>
/// <param name="MayFail">True when the sandbox stands without it.</param>
/// <param name="Mechanism">The mechanism around the gate that the step is part of; null for what every sandbox has.</param>
/// <param name="Back">The first argument is the result of the step so many places before; 0 when it is <paramref name="Arguments"/>' own.</param>
internal sealed record PlanStep(StepScope Scope, string Purpose, int Number, long[] Arguments, bool MayFail = false, string? Mechanism = null, int Back = 0);

/// <summary>The signals that the program begins with; bit n - 1 stands for signal n.</summary>
/// <param name="ByDefault">Those whose action becomes the default one; the others are ignored, as they were.</param>
/// <param name="Blocked">The signal mask.</param>
internal readonly record struct SignalState(ulong ByDefault, ulong Blocked);

/// <summary>
/// What the child does to itself between clone and execve, as data: it can be printed and tested
/// without being run. The strings and structs its steps point at live in the plan's own memory.
/// </summary>
internal sealed class LaunchPlan : IDisposable
{
    private readonly List<PlanStep> _steps = [];

    /// <summary>Memory for what the steps point at.</summary>
    public NativeArena Memory { get; } = new();

    /// <summary>The steps in their order; the last is the execve.</summary>
    public IReadOnlyList<PlanStep> Steps => _steps;

    /// <summary>The index of the step whose result is the listener's descriptor; -1 without a filter.</summary>
    public int ListenerStep { get; private set; } = -1;

    /// <summary>What the steps about signals amount to.</summary>
    public SignalState Signals { get; set; } = new(ulong.MaxValue, 0);

    /// <summary>
    /// How many of the steps an usher does: a child that only leads the program in, because what it does to itself holds for its
    /// children (PID namespaces). 0 when the program does all of them itself.
    /// </summary>
    public int UsherSteps { get; private set; }

    /// <summary>What becomes process 1 of the namespace that the usher has made, before the program is started in it; null without an usher.</summary>
    public LaunchPlan? Init { get; private set; }

    /// <summary>Appends the step that starts process 1. To be followed by <see cref="HandOver"/>.</summary>
    public void AddInit(string purpose, LaunchPlan init)
    {
        Init = init;
        Add(StepScope.Child, purpose, RawStep.StartChild);
    }

    /// <summary>Leaves the steps so far to an usher; what comes now, the program does.</summary>
    public void HandOver() => UsherSteps = _steps.Count;

    /// <summary>The mechanism whose steps are being appended; null when it is none's.</summary>
    public string? Mechanism { get; set; }

    /// <summary>Appends a step that must succeed.</summary>
    public void Add(StepScope scope, string purpose, int number, params long[] arguments) =>
        _steps.Add(new(scope, purpose, number, arguments, Mechanism: Mechanism));

    /// <summary>Appends a step without which the sandbox stands all the same.</summary>
    public void TryAdd(StepScope scope, string purpose, int number, params long[] arguments) =>
        _steps.Add(new(scope, purpose, number, arguments, MayFail: true, Mechanism));

    /// <summary>Appends the steps that open a file, write to it and close it.</summary>
    public unsafe void AddWrite(string purpose, string file, ReadOnlySpan<byte> bytes)
    {
        const int O_WRONLY_CLOEXEC = 0x80001;
        Add(StepScope.Child, purpose, SyscallNumbers.openat, Files.AT_FDCWD, (long)Memory.Text(file), O_WRONLY_CLOEXEC);
        AddOnResult(1, purpose, SyscallNumbers.write, (long)Memory.Copy(bytes), bytes.Length);
        AddOnResult(2, purpose, SyscallNumbers.close);
    }

    /// <summary>Appends a step whose first argument is what the step so many places before returned.</summary>
    public void AddOnResult(int back, string purpose, int number, params long[] others) =>
        _steps.Add(new(StepScope.Child, purpose, number, [0, .. others], Mechanism: Mechanism, Back: back));

    /// <summary>Appends the step that installs the filter and yields the listener.</summary>
    public void AddListener(string purpose, int number, params long[] arguments)
    {
        ListenerStep = _steps.Count;
        Add(StepScope.Thread, purpose, number, arguments);
    }

    /// <summary>The plan as text, one numbered step a line.</summary>
    public override string ToString()
    {
        StringBuilder text = new();
        for (int i = 0; i < _steps.Count; i++)
        {
            PlanStep step = _steps[i];
            text.Append(CultureInfo.InvariantCulture, $"{i + 1,3}. {step.Purpose}: call {step.Number} (");
            text.AppendJoin(", ", step.Arguments.Select(a => a is >= -4096 and <= 4096 ? a.ToString(CultureInfo.InvariantCulture) : $"0x{a:x}"));
            text.Append(')').AppendLine(step.MayFail ? " (may fail)" : "");
        }

        return text.ToString();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Init?.Dispose();
        Memory.Dispose();
    }
}
