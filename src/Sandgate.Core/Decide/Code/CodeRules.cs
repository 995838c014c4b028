using System.Collections.Immutable;
using Sandgate.Core.Confine;
using Sandgate.Core.Decide.Conditions;
using Sandgate.Core.Decide.Language;
using Sandgate.Core.Decode;

namespace Sandgate.Core.Decide.Code;

/// <summary>What <c>isolation.code</c> comes to as rules above all others.</summary>
public static class CodeRules
{
    private const int FileOfMapping = 4;

    private static readonly string[] s_writing = ["w*", "rw*"];

    /// <summary>The rules; none when nothing is restricted.</summary>
    public static ImmutableArray<Rule> Of(CodeLoading code)
    {
        if (code.IsEmpty)
            return [];
        string why = code.OnlyFrom is null ? "code may not come from memory" : $"code may come from {string.Join(", ", code.OnlyFrom)} only";
        if (code.Hashes.Count > 0)
            why += ", and some files must have their hash";
        Rule refused = new() { Scope = new(Operation.Exec, null), When = new CodeFromElsewhere(code, 0), Action = RuleAction.NotAllow, Text = "code", Name = "isolation: code", Note = why };
        ArgumentPattern memory = new("/proc/*/mem", Glob.Parse("/proc/*/mem"), [Glob.Parse("/proc/*/mem")]);
        return
        [
            refused, refused with { Scope = new(null, "mmap"), When = new CodeFromElsewhere(code, FileOfMapping), Errno = Errnos.EPERM },

            // By this file the kernel writes even to what is mapped read-only (proc(5)).
            .. s_writing.Select(mode => refused with
            {
                Scope = new(Operation.Open, null),
                When = new ByPosition([memory, new(mode, Glob.Parse(mode), [])]),
                Note = "memory can't be written past its protection",
            }),
        ];
    }
}
