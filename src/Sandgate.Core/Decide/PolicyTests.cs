using Sandgate.Core.Decide.Language;

namespace Sandgate.Core.Decide;

/// <summary>Asks a configuration's own <c>tests</c> of it.</summary>
public static class PolicyTests
{
    /// <summary>The tests that fail, each with what happened instead.</summary>
    public static IEnumerable<Problem> Run(RuleSet rules)
    {
        if (rules.Tests.IsEmpty)
            yield break;
        Policy policy = new(rules, []);
        foreach (PolicyTest test in rules.Tests)
        {
            Verdict verdict = policy.Decide(test.Call);
            string by = verdict.Reason switch
            {
                VerdictReason.Default => "by default",
                VerdictReason.Unknown => $"because {verdict.Rule} could not be judged",
                _ => $"by rule {verdict.Rule}",
            };
            if (verdict.Action != test.Expected)
                yield return new(test.Place, $"the test {test.Text} expects {Settings.NameOf(test.Expected)} and gets {Settings.NameOf(verdict.Action)} {by}");
            else if (test.Rule is { } rule && verdict.Rule?.Name != rule && verdict.Rule?.ToString() != rule)
                yield return new(test.Place, $"the test {test.Text} expects the rule {Words.Quote(rule)} to decide, and gets {Settings.NameOf(verdict.Action)} {by}");
        }
    }
}
