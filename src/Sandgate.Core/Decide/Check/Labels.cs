using Sandgate.Core.Decide.Conditions;
using Sandgate.Core.Decide.Language;
using Sandgate.Core.Decode;

namespace Sandgate.Core.Decide.Check;

/// <summary>How binding a rule is, said before any call happens.</summary>
public static class Labels
{
    // What a thread can change while another of its process is held, and no emulation holds on to: its own names, its directory, what files contain.
    private const Needs Changeable = Needs.CommandLine | Needs.Identity | Needs.Directory | Needs.Hash | Needs.Domains;

    /// <summary>The weakest label over all system calls that a rule is asked about.</summary>
    public static Binding Of(Rule rule, ICatalogue catalogue)
    {
        Binding weakest = Binding.Register;
        foreach (SyscallShape shape in catalogue.Syscalls)
        {
            if (Concerns(rule, shape) && Of(rule, shape) is var label && label > weakest)
                weakest = label;
        }

        return weakest;
    }

    /// <summary>The label of a rule over one system call.</summary>
    public static Binding Of(Rule rule, SyscallShape shape)
    {
        Needs needs = rule.When.Needs(rule.Scope.Operation is { } operation ? Operations.Of(operation) : shape.Operations is [var main, ..] ? Operations.Of(main) : null);
        bool registers = shape.MayBeLast && rule.Scope.Operation == shape.Operations[^1] ? false : shape.ByDescriptor ? rule.When is AnyCall : !shape.WordsInMemory || !rule.When.LooksAtWord(shape.Operations is [var own, ..] ? Operations.Of(own) : null);
        return (needs & Changeable) != 0 || (rule.Scope.Operation == Operation.Listen && (needs & Needs.Text) != 0) ? Binding.Racy
            : registers && (needs & Needs.Text) == 0 ? Binding.Register
            : shape.IsVerified ? Binding.Verified : shape.IsEmulated ? Binding.Emulated : Binding.Racy;
    }

    /// <summary>True when a rule is asked about a system call.</summary>
    public static bool Concerns(Rule rule, SyscallShape shape) =>
        rule.Scope.Syscall is { } name ? name == shape.Name
        : rule.Scope.Operation is not { } operation || Array.IndexOf(shape.Operations, operation) >= 0;

    /// <summary>
    /// Refuses, for a configuration that says <c>strict</c>, what a hostile thread could get round: a deny that is racy, and
    /// where the default refuses, an exception from it that is.
    /// </summary>
    public static IEnumerable<Problem> RefuseRacy(RuleSet rules, ICatalogue catalogue)
    {
        if (!rules.Strict)
            yield break;
        if (rules.Isolation.Code.FilesAt is { } place)
        {
            yield return new(
                place, "which files code is mapped from is racy, and \"strict\" refuses that: another thread could put another file under the descriptor after it was judged",
                "write \"write_xor_execute\" and rules on \"exec\", or do without \"strict\"");
        }

        foreach (Rule rule in rules.Rules)
        {
            bool refuses = rule.Action is RuleAction.NotAllow or RuleAction.Kill or RuleAction.Ask;
            bool excepts = rule.Action == RuleAction.Allow && rules.Default != RuleAction.Allow;
            if ((refuses || excepts) && Of(rule, catalogue) == Binding.Racy)
            {
                yield return new(
                    rule.Place, $"the rule {rule} is racy, and \"strict\" refuses that: another thread could change what it looks at after it was judged",
                    refuses ? "deny the whole operation with \"*\", or do without \"strict\"" : "allow by what can't be changed, or do without \"strict\"");
            }
        }
    }
}
