using Sandgate.Core;
using Sandgate.Core.Decide;
using Sandgate.Core.Decide.Language;

namespace Sandgate.Cli;

/// <summary>Writes answers that hold for ever into the last of the files of rules, as rules of their own.</summary>
internal sealed class AnswerKeeper(RuleSources sources)
{
    /// <summary>Keeps an answer; returns what became of it, for the person who gave it.</summary>
    public string Keep(Question question, bool allow)
    {
        if (sources.Configs is not [.., var file])
            return "kept for this run only: the rules come from no file";
        try
        {
            byte[] before = RuleFile.Read(file, file);
            byte[] after = ConfigAppender.Append(before, question.View, allow ? "allow" : "not_allow", $"answered on {DateTime.UtcNow:yyyy-MM-dd}");
            RefuseWhatWouldNotHold(question, allow, file, after);
            RuleFile.Replace(file, after);
            return $"written to {file}";
        }
        catch (Exception failure) when (failure is IOException or ConfigException)
        {
            return $"kept for this run only: {failure.Message}";
        }
    }

    // By deny-overrides, or by a later rule, the question could come again; and who expects it in "tests" could not start any more.
    private void RefuseWhatWouldNotHold(Question question, bool allow, string file, byte[] after)
    {
        RuleSet rules = RuleLoader.Load(sources, (file, after)).Rules;
        RuleReloader.RefuseWhatFailsItself(rules);
        Verdict verdict = new Policy(rules.At(DateTimeOffset.UtcNow), []).Decide(question.Call);
        if (verdict.Allowed != allow || verdict.Action == RuleAction.Ask)
            throw new IOException($"in {file} the other rules would outweigh it");
    }
}
