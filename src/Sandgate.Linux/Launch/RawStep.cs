using System.Runtime.InteropServices;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Launch;

/// <summary>A step of a plan as plain memory, for code that may not touch managed objects.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct RawStep
{
    /// <summary>The call and its argument registers, and what it returned: a negative errno on failure.</summary>
    public long Number, A, B, C, D, E, F, Result;

    /// <summary>Not 0 when the plan goes on without it.</summary>
    public long MayFail;

    /// <summary>The first argument is the result of the step so many places before; 0 when it is <see cref="A"/>.</summary>
    public long Back;

    /// <summary>Stands for the number of a step that starts another child: A is its script, B are clone(2)'s flags.</summary>
    public const int StartChild = -2;

    /// <summary>The steps of a plan, in the plan's memory.</summary>
    public static RawStep* Lower(NativeArena memory, IReadOnlyList<PlanStep> steps)
    {
        // SAFETY: as many as there are steps.
        RawStep* raw = memory.Allocate<RawStep>(steps.Count);
        for (int i = 0; i < steps.Count; i++)
            raw[i] = Lower(steps[i]);
        return raw;
    }

    private static RawStep Lower(PlanStep step)
    {
        ReadOnlySpan<long> given = step.Arguments;
        return new()
        {
            Number = step.Number,
            A = At(given, 0),
            B = At(given, 1),
            C = At(given, 2),
            D = At(given, 3),
            E = At(given, 4),
            F = At(given, 5),
            MayFail = step.MayFail ? 1 : 0,
            Back = step.Back,
            Result = -1,
        };
    }

    private static long At(ReadOnlySpan<long> arguments, int index) => index < arguments.Length ? arguments[index] : 0;
}
