using Sandgate.Core;
using Sandgate.Core.Decide.Language;

namespace Sandgate.Cli;

/// <summary>Writes answers that hold for ever into the last of the files of rules, as rules of their own.</summary>
internal sealed class AnswerKeeper(IReadOnlyList<string> configs)
{
    /// <summary>Keeps an answer; returns what became of it, for the person who gave it.</summary>
    public string Keep(Question question, bool allow)
    {
        if (configs is not [.., var file])
            return "kept for this run only: the rules come from no file";
        try
        {
            byte[] before = RuleFile.Read(file, file);
            byte[] after = ConfigAppender.Append(before, question.View, allow ? "allow" : "not_allow", $"answered on {DateTime.UtcNow:yyyy-MM-dd}");
            RuleFile.Replace(file, after);
            return $"written to {file}";
        }
        catch (Exception failure) when (failure is IOException or ConfigException)
        {
            return $"kept for this run only: {failure.Message}";
        }
    }
}
