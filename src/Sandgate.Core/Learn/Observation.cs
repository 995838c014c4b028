using System.Text;
using Sandgate.Core.Decide;
using Sandgate.Core.Decode;

namespace Sandgate.Core.Learn;

/// <summary>One thing that a program asked for, as often as it did.</summary>
public sealed class Observation
{
    /// <summary>The operation with its arguments.</summary>
    public required CallView View { get; init; }

    /// <summary>The kernel's name of the call.</summary>
    public required string Syscall { get; init; }

    /// <summary>The file that the process runs; null when that is not known.</summary>
    public string? Program { get; init; }

    /// <summary>The names that its address is known by.</summary>
    public IReadOnlyList<string> Domains { get; init; } = [];

    /// <summary>How often.</summary>
    public long Count { get; set; } = 1;

    /// <summary>The real file that the first argument means, or the address; null when that is not known.</summary>
    public string? Target => View.Arguments.Length > Position && View.Arguments[Position] is { Kind: not ArgumentKind.Stdio } argument ? argument.Resolved : null;

    /// <summary>What a file is renamed or linked to.</summary>
    public string? Second => View.Operation is Operation.Rename or Operation.Link or Operation.PivotRoot && View.Arguments.Length > 1 ? View.Arguments[1].Resolved : null;

    /// <summary>The word at a position; null when there is none.</summary>
    public string? Word(int position) => View.Arguments.Length > position ? View.Arguments[position].Given : null;

    /// <summary>The call as a policy judges it.</summary>
    public Call ToCall() => new()
    {
        ThreadId = 0,
        Syscall = Syscall,
        Views = [View],
        Facts = new CallFacts { Executable = Program, Domains = Domains },
    };

    /// <summary>What makes two observations one: what argv says, or the bytes that are written, is not learnt.</summary>
    internal string Key
    {
        get
        {
            StringBuilder key = new();
            key.Append((int)View.Operation).Append('\0').Append(Program).Append('\0').AppendJoin(',', Domains);
            int count = View.Operation is Operation.Exec or Operation.Write or Operation.Send ? 1 : View.Arguments.Length;
            foreach (Argument argument in View.Arguments.AsSpan(0, Math.Min(count, View.Arguments.Length)))
                key.Append('\0').Append((int)argument.Kind).Append(argument.Kind == ArgumentKind.Number && View.Operation is Operation.Kill or Operation.Ptrace ? "" : argument.Resolved ?? argument.Given);
            return key.ToString();
        }
    }

    private int Position => LearntFamilies.PlacePosition(View.Operation);
}
