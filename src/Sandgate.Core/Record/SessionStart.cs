using Sandgate.Core.Confine;

namespace Sandgate.Core.Record;

/// <summary>What a record begins with: what runs, and what stands around the gate.</summary>
/// <param name="Time">When.</param>
/// <param name="Command">The command and its arguments.</param>
/// <param name="Demand">What was to be done about what can't be had.</param>
/// <param name="Grants">Each mechanism that was asked for, and what became of it.</param>
/// <param name="LiftedFloor">The floor rules that the user lifted.</param>
public sealed record SessionStart(DateTimeOffset Time, IReadOnlyList<string> Command, Demand Demand, IReadOnlyList<Grant> Grants, IReadOnlyList<string> LiftedFloor);
