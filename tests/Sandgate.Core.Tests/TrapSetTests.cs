using Sandgate.Core.Decide;
using Sandgate.Core.Decode;

namespace Sandgate.Core.Tests;

public class TrapSetTests
{
    private static string Trapped(string config) => string.Join(' ', World.Catalogue.Syscalls
        .Where(s => new Policy(World.Read(config), []).TrapSet.ReasonFor(s).HasFlag(TrapReason.Rule)).Select(s => s.Name));

    [Theory]
    [InlineData("{}", "")]
    [InlineData("""{"rules": {"open": {}}}""", "")]
    [InlineData("""{"rules": {"open": {"*": "deny"}}}""", "openat open")]
    [InlineData("""{"rules": {"openat": {"*": "deny"}}}""", "openat")]
    [InlineData("""{"rules": {"syscall:open": {"*": "deny"}}}""", "open")]
    [InlineData("""{"rules": {"brk": {"*": "log"}}}""", "brk")]
    [InlineData("""{"default": "not_allow"}""", "openat open unlinkat read kill ptrace")]
    [InlineData("""{"rules": {"*": {"*": "deny"}}}""", "openat open unlinkat read kill ptrace brk mmap")]
    [InlineData("""{"rules": {"*": {"/(google.com)": "deny"}}}""", "openat open unlinkat read")]
    [InlineData("""{"rules": {"*": {"/prot/i": "deny"}}}""", "openat open unlinkat read mmap")]
    [InlineData("""{"rules": {"*": {"/google|brk/": "deny"}}}""", "openat open unlinkat read kill ptrace brk mmap")]
    [InlineData("""{"rules": {"*": {"/face/": "deny"}}}""", "openat open unlinkat read kill ptrace brk mmap")]
    [InlineData("""{"rules": {"*": {"('google')": "deny"}}}""", "openat open unlinkat read kill ptrace brk mmap")]
    public void Only_calls_that_a_rule_could_decide_are_stopped(string config, string names) => Assert.Equal(names, Trapped(config));

    [Fact]
    public void The_floor_traps_what_it_looks_at()
    {
        Policy policy = new(RuleSet.Empty, Floor.Rules([], 42, ["/c"]));
        Assert.Equal("openat open unlinkat kill ptrace", string.Join(' ', World.Catalogue.Syscalls.Where(s => policy.TrapSet.ReasonFor(s) == TrapReason.Floor).Select(s => s.Name)));
    }

    [Fact]
    public void A_seed_like_rule_needs_no_more_than_its_arguments()
    {
        Policy policy = new(World.Read("""{"rules": {"open": {"('/x')": "deny"}, "brk": {"*": "deny"}}}"""), []);
        Assert.Equal(Needs.Strings | Needs.ResolvedPaths, policy.NeedsOf(World.Catalogue.Syscalls[0]));
        Assert.Equal(Needs.KernelView, policy.NeedsOf(World.Catalogue.Syscalls[6]));
        Assert.Equal(Needs.None, policy.NeedsOf(World.Catalogue.Syscalls[7]));
    }
}
