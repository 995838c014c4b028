using System.Globalization;
using System.Text;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Launch;

/// <summary>One system call that the child makes on itself before it becomes the program.</summary>
/// <param name="Purpose">What the step is for, in words that can stand in an error message: "install the filter".</param>
/// <param name="Number">The system call's number.</param>
/// <param name="Arguments">Up to six argument registers.</param>
/// <param name="MayFail">True when the sandbox stands without it.</param>
internal sealed record PlanStep(string Purpose, int Number, long[] Arguments, bool MayFail = false);

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

    /// <summary>Appends a step that must succeed.</summary>
    public void Add(string purpose, int number, params long[] arguments) => _steps.Add(new(purpose, number, arguments));

    /// <summary>Appends a step without which the sandbox stands all the same.</summary>
    public void TryAdd(string purpose, int number, params long[] arguments) => _steps.Add(new(purpose, number, arguments, MayFail: true));

    /// <summary>Appends the step that installs the filter and yields the listener.</summary>
    public void AddListener(string purpose, int number, params long[] arguments)
    {
        ListenerStep = _steps.Count;
        Add(purpose, number, arguments);
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
    public void Dispose() => Memory.Dispose();
}
