using Sandgate.Core.Decode;

namespace Sandgate.Core.Decide.Language;

/// <summary>The names under which rules can stand: families, their aliases, the kernel's names, and every call.</summary>
internal sealed class OperationNames(ICatalogue catalogue)
{
    private const string KernelPrefix = "syscall:";

    private HashSet<string>? _kernelNames;

    private HashSet<string> KernelNames =>
        _kernelNames ??= new HashSet<string>(catalogue.Syscalls.Select(s => s.Name), StringComparer.Ordinal);

    /// <summary>What a name stands for; null when it is unknown. The family is null when the arguments aren't known by position.</summary>
    public (RuleScope Scope, OperationInfo? Family)? Find(string name)
    {
        if (Operations.Find(name) is { } family)
            return (new RuleScope(family.Operation, null), family);
        if (Operations.EveryCallNames.Contains(name))
            return (RuleScope.Every, null);
        string kernelName = name.StartsWith(KernelPrefix, StringComparison.Ordinal) ? name[KernelPrefix.Length..] : name;
        return KernelNames.Contains(kernelName) ? (new RuleScope(null, kernelName), null) : null;
    }

    /// <summary>The problem that a name is unknown.</summary>
    public Problem Unknown(string name, SourcePlace place)
    {
        if (name.StartsWith(KernelPrefix, StringComparison.Ordinal))
        {
            string? meant = Suggestion.Nearest(name[KernelPrefix.Length..], KernelNames);
            return new(place, $"unknown system call {Words.Quote(name[KernelPrefix.Length..])}", meant is null ? null : $"did you mean \"{KernelPrefix}{meant}\"?");
        }

        IEnumerable<string> known = [.. Operations.All.Select(o => o.Name), "sockconnect", .. Operations.EveryCallNames, .. KernelNames];
        string? advice = name.StartsWith("run_on_all", StringComparison.Ordinal) ? $"did you mean \"{Operations.EveryCallNames[0]}\"?" : Suggestion.For(name, known);
        return new(place, $"unknown operation {Words.Quote(name)}", advice);
    }
}
