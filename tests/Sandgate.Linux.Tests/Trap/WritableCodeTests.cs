using System.Text;
using Sandgate.Core.Decide;
using Sandgate.Core.Decide.Language;
using Sandgate.Linux.Decode;
using Sandgate.Linux.Launch;
using Sandgate.Linux.Trap;
using static Sandgate.Linux.Interop.SyscallNumbers;

namespace Sandgate.Linux.Tests.Trap;

/// <summary>Which mappings the filter refuses, passes, and lets be judged.</summary>
public class WritableCodeTests
{
    private const uint Allowed = 0x7fff0000, Notify = 0x7fc00000, EACCES = 0x0005000d, EPERM = 0x00050001;
    private const string Memory = """{ "isolation": { "code": { "write_xor_execute": true } } }""", From = """{ "isolation": { "code": { "only_from": ["/usr/**"] } } }""";

    private static uint Answer(string config, int number, params ulong[] registers)
    {
        LinuxCatalogue catalogue = new();
        RuleSet set = ConfigReader.Read("config.json", Encoding.UTF8.GetBytes(config), new("/tmp", "/root", _ => null, catalogue));
        Policy policy = new(set, Floor.Above(set, Environment.ProcessId, []));
        ulong[] six = new ulong[6];
        registers.CopyTo(six, 0);
        return FilterMachine.Run(SeccompFilter.Compile(FilterPlan.Cases(policy, catalogue, new ExecCall(1, 2, 3, 4).Passes, _ => false, SideDoors.None), FilterAction.Fail(38)), 0xc000003e, (uint)number, six);
    }

    [Theory]
    [InlineData(mmap, Allowed, 0, 4096, 3, 0x22)]               // read, write; private, anonymous
    [InlineData(mmap, EACCES, 0, 4096, 7, 0x22)]
    [InlineData(mmap, EACCES, 0, 4096, 5, 0x22)]
    [InlineData(mmap, EACCES, 0, 4096, 6, 2, 5)]
    [InlineData(mmap, EACCES, 0, 4096, 5, 1, 5)]                // shared
    [InlineData(mmap, EACCES, 0, 4096, 5, 3, 5)]                // MAP_SHARED_VALIDATE
    [InlineData(mmap, Notify, 0, 4096, 5, 2, 5)]                // of a file: its name is judged
    [InlineData(mmap, Notify, 0, 4096, 4, 0x802, 5)]
    [InlineData(mmap, Allowed, 0, 4096, 1, 2, 5)]
    [InlineData(mprotect, EACCES, 0, 4096, 5)]
    [InlineData(mprotect, Allowed, 0, 4096, 3)]
    [InlineData(pkey_mprotect, EACCES, 0, 4096, 4, 1)]
    [InlineData(shmat, EACCES, 1, 0, 0x8000)]
    [InlineData(shmat, Allowed, 1, 0, 0x1000)]
    [InlineData(personality, EPERM, 0x0400000)]
    [InlineData(personality, Allowed, -1)]
    [InlineData(personality, Allowed, 0x0040000)]               // ADDR_NO_RANDOMIZE
    [InlineData(ptrace, EPERM, 4, 7)]
    [InlineData(ptrace, EPERM, 5, 7)]
    [InlineData(process_vm_writev, EPERM, 7)]
    [InlineData(userfaultfd, EPERM, 1)]                         // UFFD_USER_MODE_ONLY
    [InlineData(ioctl, EPERM, 3, 0xaa00, 1)]                    // USERFAULTFD_IOC_NEW
    public void Registers_decide(int number, uint answer, params int[] registers)
    {
        ulong[] six = [.. registers.Select(r => (ulong)(uint)r)];
        Assert.Equal(answer, Answer(Memory, number, six));

        // Files say nothing where memory may be written and run.
        Assert.Equal(answer, Answer(From, number, six));
    }

    [Theory]
    [InlineData(mmap, 0, 4096, 7, 0x22)]
    [InlineData(mmap, 0, 4096, 5, 2, 5)]
    [InlineData(mprotect, 0, 4096, 5)]
    [InlineData(personality, 0x0400000)]
    public void Nothing_of_it_happens_unasked(int number, params int[] registers) =>
        Assert.Equal(Allowed, Answer("{}", number, [.. registers.Select(r => (ulong)(uint)r)]));
}
