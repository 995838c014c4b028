using Sandgate.Core.Decide;
using Sandgate.Core.Decode;

namespace Sandgate.Core.Learn;

/// <summary>Asks rules about what was observed, without running it.</summary>
public static class Rehearsal
{
    /// <summary>What rules would refuse of it, each with the verdict.</summary>
    public static IEnumerable<(Observation Seen, Verdict Verdict)> Refused(Policy policy, IEnumerable<Observation> seen)
    {
        foreach (Observation one in seen)
        {
            Verdict verdict = policy.Decide(one.ToCall());
            if (!verdict.Allowed)
                yield return (one, verdict);
        }
    }

    /// <summary>A call as people read it: with the real files.</summary>
    public static string TextOf(Observation seen) => CallText.Render(seen.View, PathForm.Resolved);
}
