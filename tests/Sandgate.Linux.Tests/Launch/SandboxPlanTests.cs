using Sandgate.Linux.Interop;
using Sandgate.Linux.Launch;

namespace Sandgate.Linux.Tests.Launch;

public sealed class SandboxPlanTests
{
    private const ulong SIGINT_ = 1ul << 1, SIGUSR1_ = 1ul << 9;

    [Fact]
    public void The_filter_is_the_last_step_before_the_program()
    {
        using LaunchPlan plan = TestPlans.Sandboxed("/bin/true");
        Assert.Equal((SyscallNumbers.execve, SandboxPlan.ExecuteProgram), (plan.Steps[^1].Number, plan.Steps[^1].Purpose));
        Assert.Equal(SyscallNumbers.seccomp, plan.Steps[^2].Number);
        Assert.Equal(plan.Steps.Count - 2, plan.ListenerStep);
    }

    [Fact]
    public void Privileges_are_given_up_directly_before_the_filter()
    {
        using LaunchPlan plan = TestPlans.Sandboxed("/bin/true");
        PlanStep step = plan.Steps[^3];
        Assert.Equal(SyscallNumbers.prctl, step.Number);
        Assert.Equal([38 /* PR_SET_NO_NEW_PRIVS */, 1], step.Arguments);
        Assert.False(step.MayFail);
    }

    [Fact]
    public void Signals_come_first_the_mask_after_the_actions()
    {
        using LaunchPlan plan = TestPlans.Sandboxed("/bin/true");

        // All 64 but SIGKILL and SIGSTOP, which have no action to set.
        Assert.All(plan.Steps.Take(62), s => Assert.Equal(SyscallNumbers.rt_sigaction, s.Number));
        Assert.Equal([.. Enumerable.Range(1, 64).Where(n => n is not (9 or 19)).Select(n => (long)n)], plan.Steps.Take(62).Select(s => s.Arguments[0]));
        Assert.Equal(SyscallNumbers.rt_sigprocmask, plan.Steps[62].Number);
        Assert.DoesNotContain(plan.Steps.Skip(63), s => s.Number is SyscallNumbers.rt_sigaction or SyscallNumbers.rt_sigprocmask);
    }

    [Fact]
    public unsafe void Ignored_and_blocked_signals_stay_so()
    {
        using LaunchPlan plan = TestPlans.Sandboxed("/bin/true", new(Blocked(), SIGINT_, null));
        for (int i = 0; i < 62; i++)
        {
            // SAFETY: the second argument points at the kernel's struct sigaction, whose first word is the action.
            Assert.Equal(plan.Steps[i].Arguments[0] == 2 ? 1ul : 0, *(ulong*)plan.Steps[i].Arguments[1]);
        }

        // SAFETY: the second argument points at a signal set.
        Assert.Equal(SIGUSR1_, *(ulong*)plan.Steps[62].Arguments[1]);
        Assert.Equal(new SignalState(~SIGINT_, SIGUSR1_), plan.Signals);

        static ulong Blocked() => SIGUSR1_;
    }

    [Fact]
    public void A_changed_limit_of_open_files_is_put_back()
    {
        using LaunchPlan plan = TestPlans.Sandboxed("/bin/true", new(0, 0, (1024, 4096)));
        Assert.Equal(StepScope.Child, plan.Steps.Single(s => s.Number == SyscallNumbers.prlimit64).Scope);
        using LaunchPlan without = TestPlans.Sandboxed("/bin/true");
        Assert.DoesNotContain(without.Steps, s => s.Number == SyscallNumbers.prlimit64);
    }

    [Fact]
    public unsafe void The_right_to_trace_is_dropped_when_there_is_one()
    {
        const int CAP_SYS_PTRACE = 19;
        bool has = Libc.Call(SyscallNumbers.prctl, 23 /* PR_CAPBSET_READ */, CAP_SYS_PTRACE) == 1;
        using LaunchPlan plan = TestPlans.Sandboxed("/bin/true");
        PlanStep? set = plan.Steps.SingleOrDefault(s => s.Number == SyscallNumbers.capset);
        Assert.Equal(has, set is not null);
        if (set is not null)
        {
            // SAFETY: the second argument points at two sets of three words (capset(2)); the capability's bit is in the first.
            uint* sets = (uint*)set.Arguments[1];
            for (int i = 0; i < 3; i++)
                Assert.Equal(0u, sets[i] & (1u << CAP_SYS_PTRACE));
            Assert.Contains(plan.Steps, s => s.Number == SyscallNumbers.prctl && s.Arguments is [24 /* PR_CAPBSET_DROP */, CAP_SYS_PTRACE]);
        }

        using LaunchPlan kept = TestPlans.Sandboxed("/bin/true", keepCapabilities: true);
        Assert.DoesNotContain(kept.Steps, s => s.Number == SyscallNumbers.capset);
    }

    [Fact]
    public void Each_step_says_who_can_carry_it_out()
    {
        using LaunchPlan plan = TestPlans.Sandboxed("/bin/true", new(0, 0, (1024, 4096)));
        Assert.Equal(
            ["die with the supervisor", "have it for a parent still", "restore the limit of open files"],
            PosixSpawnLauncher.LeftOut(plan).Select(s => s.Purpose).Distinct());
        Assert.All(plan.Steps, s => Assert.Equal(
            s.Number is SyscallNumbers.rt_sigaction or SyscallNumbers.rt_sigprocmask or SyscallNumbers.execve, s.Scope == StepScope.Spawn));
    }

    [Fact]
    public void Each_plan_has_secrets_of_its_own()
    {
        using LaunchPlan one = TestPlans.Sandboxed("/bin/true"), other = TestPlans.Sandboxed("/bin/true");
        for (int register = 1; register < 6; register++)
        {
            if (register is not (3 or 4))
                Assert.NotEqual(one.Steps[^1].Arguments[register], other.Steps[^1].Arguments[register]);
        }
    }
}
