using Sandgate.Core.Decode;
using Sandgate.Linux.Decode;
using Xunit;

namespace Sandgate.Linux.Tests.Decode;

/// <summary>What the catalogue says of the calls.</summary>
public class LinuxCatalogueTests
{
    private static readonly LinuxCatalogue s_catalogue = new();

    private static SyscallShape Shape(string name) => s_catalogue.Syscalls.Single(s => s.Name == name);

    [Theory]
    [InlineData("openat", true)]
    [InlineData("read", true)]
    [InlineData("kill", true)] // shows the target's executable
    [InlineData("open_by_handle_at", true)] // unreadable, so it might be any text
    [InlineData("io_submit", true)]
    [InlineData("listen", true)]
    [InlineData("getpid", false)]
    [InlineData("mmap", true)]
    [InlineData("clone", false)]
    [InlineData("close", false)]
    public void Free_text_is_known(string call, bool hasText) => Assert.Equal(hasText, Shape(call).HasText);

    [Theory]
    [InlineData("mmap", "PROT_EXEC")]
    [InlineData("mmap", "MAP_SHARED")]
    [InlineData("socket", "AF_INET")]
    [InlineData("fork", "process")]
    [InlineData("vfork", "vfork")]
    [InlineData("clone3", "thread")]
    [InlineData("ptrace", "PTRACE_ATTACH")]
    [InlineData("pidfd_getfd", "pidfd_getfd")]
    [InlineData("rt_sigaction", "SIGRTMIN+1")]
    [InlineData("newfstatat", "AT_FDCWD")]
    public void Words_are_known(string call, string word) => Assert.Contains(word, Shape(call).Words);

    [Fact]
    public void Every_call_is_listed() => Assert.Equal(KernelFacts.X64.Select(c => c.Name), s_catalogue.Syscalls.Select(s => s.Name));
}
