using Sandgate.Core.Decode;

namespace Sandgate.Core.Decide;

/// <summary>Why a system call must be stopped.</summary>
[Flags]
public enum TrapReason : byte
{
    /// <summary>Nothing needs it: it never leaves the kernel.</summary>
    None = 0,

    /// <summary>A rule of the user's could decide about it.</summary>
    Rule = 1,

    /// <summary>A floor rule looks at it.</summary>
    Floor = 2,

    /// <summary>Somebody asked to see it.</summary>
    Record = 4,
}

/// <summary>Which system calls any rule needs. All others run at native speed.</summary>
public sealed class TrapSet
{
    private const int Few = 16;

    private readonly Policy _policy;

    internal TrapSet(Policy policy) => _policy = policy;

    /// <summary>Why calls of this shape must be stopped.</summary>
    public TrapReason ReasonFor(SyscallShape shape)
    {
        TrapReason reason = TrapReason.None;
        foreach (Operation operation in shape.Operations)
        {
            if (_policy.NeedsFamily(operation))
                reason |= TrapReason.Rule;
            if (operation == Operation.Open && _policy.HasRulesOn(Operation.Ptrace))
                reason |= TrapReason.Rule;
            if (_policy.HasFloor(operation))
                reason |= TrapReason.Floor;
        }

        if (_policy.WatchesNames(shape) || _policy.IsAboveOn(shape))
            reason |= TrapReason.Floor;
        if (_policy.HasKernelRules(shape.Name))
            reason |= TrapReason.Rule;

        // Letters that a rule looks for stand in one line: one search instead of one for each word.
        string[]? line = _policy.GeneralRules.Length > Few ? [string.Join('\n', shape.Words)] : null;
        foreach (Rule rule in _policy.GeneralRules)
        {
            if ((reason & TrapReason.Rule) != 0)
                break;
            if (shape.HasText || !rule.When.CanOnlyMatchFreeText(line ?? shape.Words))
                reason |= TrapReason.Rule;
        }

        return reason;
    }
}
