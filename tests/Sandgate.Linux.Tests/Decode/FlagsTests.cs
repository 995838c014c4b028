using Sandgate.Core;
using Sandgate.Core.Decode;
using Sandgate.Linux.Decode;
using Xunit;

namespace Sandgate.Linux.Tests.Decode;

/// <summary>Register values as rules see them.</summary>
public class FlagsTests
{
    [Theory]
    // Numbers look at as many bits as the kernel does.
    [InlineData(nameof(Role.Int), 0xdead_beef_ffff_ffff, "-1")]
    [InlineData(nameof(Role.UInt), 0xdead_beef_ffff_ffff, "4294967295")]
    [InlineData(nameof(Role.Long), 0xffff_ffff_ffff_ffff, "-1")]
    [InlineData(nameof(Role.Size), 0xffff_ffff_ffff_ffff, "9223372036854775807")]
    [InlineData(nameof(Role.Uid), 0x1_ffff_ffff, "-1")]
    [InlineData(nameof(Role.Uid), 4_000_000_000, "4000000000")]
    [InlineData(nameof(Role.DirFd), 0xffff_ff9c, "AT_FDCWD")]
    [InlineData(nameof(Role.DirFd), 0xffff_ffff_ffff_ff9c, "AT_FDCWD")]
    [InlineData(nameof(Role.DirFd), 3, "3")]
    [InlineData(nameof(Role.Pid), 0xffff_ffff, "-1")]
    [InlineData(nameof(Role.Hex), 0x7ffe_0000_1000, "0x7ffe00001000")]
    [InlineData(nameof(Role.Hex), 0, "0x0")]
    [InlineData(nameof(Role.Opaque), 0x1000, null)]
    // Open modes
    [InlineData(nameof(Role.OpenFlags), 0, "r")]
    [InlineData(nameof(Role.OpenFlags), 0x88000, "r")] // O_CLOEXEC | O_LARGEFILE
    [InlineData(nameof(Role.OpenFlags), 0x1 | 0x40 | 0x200, "w+create+truncate")]
    [InlineData(nameof(Role.OpenFlags), 0x2 | 0x40 | 0x80, "rw+create+exclusive")]
    [InlineData(nameof(Role.OpenFlags), 0x1 | 0x400, "w+append")]
    [InlineData(nameof(Role.OpenFlags), 0x10000 | 0x20000, "r+directory+nofollow")]
    [InlineData(nameof(Role.OpenFlags), 3, "rw")]
    [InlineData(nameof(Role.OpenFlags), 0x410000 | 0x2, "rw+tmpfile")]
    [InlineData(nameof(Role.OpenFlags), 0x200000 | 0x2 | 0x40 | 0x200, "path")]
    [InlineData(nameof(Role.OpenFlags), 0x200000 | 0x20000, "path+nofollow")]
    // Access modes and permissions
    [InlineData(nameof(Role.AccessMode), 0, "exists")]
    [InlineData(nameof(Role.AccessMode), 4, "r")]
    [InlineData(nameof(Role.AccessMode), 6, "rw")]
    [InlineData(nameof(Role.AccessMode), 1, "x")]
    [InlineData(nameof(Role.AccessMode), 8, "0x8")]
    [InlineData(nameof(Role.Permissions), 420, "0644")]
    [InlineData(nameof(Role.Permissions), 0, "0000")]
    [InlineData(nameof(Role.Permissions), 2541, "04755")]
    [InlineData(nameof(Role.Permissions), 33188, "0100644")]
    [InlineData(nameof(Role.Permissions), 0x1_0000 + 420, "0644")]
    // Words
    [InlineData(nameof(Role.CloneFlags), 17, "process")]
    [InlineData(nameof(Role.CloneFlags), 0x4111, "vfork")]
    [InlineData(nameof(Role.CloneFlags), 0x4011, "process")]
    [InlineData(nameof(Role.CloneFlags), 0x3d0f00, "thread")]
    [InlineData(nameof(Role.Signal), 0, "0")]
    [InlineData(nameof(Role.Signal), 9, "SIGKILL")]
    [InlineData(nameof(Role.Signal), 34, "SIGRTMIN")]
    [InlineData(nameof(Role.Signal), 64, "SIGRTMIN+30")]
    [InlineData(nameof(Role.Signal), 65, "65")]
    [InlineData(nameof(Role.Signal), 0xffff_ffff, "-1")]
    [InlineData(nameof(Role.Signal), 0x1_0000_0009, "SIGKILL")]
    [InlineData(nameof(Role.Protection), 0, "PROT_NONE")]
    [InlineData(nameof(Role.Protection), 5, "PROT_READ|PROT_EXEC")]
    [InlineData(nameof(Role.Protection), 0x81, "PROT_READ|0x80")]
    [InlineData(nameof(Role.MapFlags), 0x22, "MAP_PRIVATE|MAP_ANONYMOUS")]
    [InlineData(nameof(Role.MapFlags), 0x3, "MAP_SHARED_VALIDATE")]
    [InlineData(nameof(Role.MapFlags), 0x4, "0x4")]
    [InlineData(nameof(Role.SocketFamily), 2, "AF_INET")]
    [InlineData(nameof(Role.SocketFamily), 0x1_0000_0002, "AF_INET")]
    [InlineData(nameof(Role.SocketFamily), 99, "0x63")]
    [InlineData(nameof(Role.SocketType), 0x80001, "SOCK_STREAM|SOCK_CLOEXEC")]
    [InlineData(nameof(Role.IoctlCommand), 0x5412, "TIOCSTI")]
    [InlineData(nameof(Role.IoctlCommand), 0xffff_ffff_0000_5412, "TIOCSTI")]
    [InlineData(nameof(Role.PtraceRequest), 16, "PTRACE_ATTACH")]
    [InlineData(nameof(Role.PtraceRequest), 0x1_0000_0010, "0x100000010")]
    [InlineData(nameof(Role.PrctlOption), 38, "PR_SET_NO_NEW_PRIVS")]
    [InlineData(nameof(Role.UnshareFlags), 0x1002_0000, "CLONE_NEWNS|CLONE_NEWUSER")]
    [InlineData(nameof(Role.MountFlags), 0x1021, "MS_RDONLY|MS_REMOUNT|MS_BIND")]
    [InlineData(nameof(Role.UmountFlags), 2, "MNT_DETACH")]
    [InlineData(nameof(Role.AtFlags), 0x1100, "AT_SYMLINK_NOFOLLOW|AT_EMPTY_PATH")]
    [InlineData(nameof(Role.UnlinkFlags), 0x200, "AT_REMOVEDIR")]
    [InlineData(nameof(Role.RenameFlags), 2, "RENAME_EXCHANGE")]
    [InlineData(nameof(Role.Whence), 0, "SEEK_SET")]
    [InlineData(nameof(Role.FcntlCommand), 0, "F_DUPFD")]
    [InlineData(nameof(Role.Resource), 7, "RLIMIT_NOFILE")]
    [InlineData(nameof(Role.Clock), 1, "CLOCK_MONOTONIC")]
    public void A_value_reads(string role, ulong value, string? text) =>
        Assert.Equal(text, Flags.ToArgument(Enum.Parse<Role>(role), value).Given);

    [Theory]
    [InlineData(0x200, true)] // O_RDONLY | O_TRUNC does truncate
    [InlineData(0x241, true)]
    [InlineData(0x41, false)]
    [InlineData(0x200000 | 0x200, false)] // O_PATH drops O_TRUNC
    public void Opening_truncates(ulong flags, bool truncates) => Assert.Equal(truncates, OpenMode.Truncates(flags));

    [Fact]
    public void What_was_shown_before_makes_no_garbage()
    {
        (Role, ulong)[] hot =
        [
            (Role.OpenFlags, 0x241), (Role.Permissions, 420), (Role.Protection, 5), (Role.Int, 7), (Role.MapFlags, 0x22), (Role.Signal, 15),
            (Role.IoctlCommand, 0x5413), (Role.Size, 4096),
        ];
        foreach ((Role role, ulong value) in hot)
            Flags.ToArgument(role, value);

        long before = GC.GetAllocatedBytesForCurrentThread();
        foreach ((Role role, ulong value) in hot)
            Flags.ToArgument(role, value);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void Different_values_of_the_same_slot_are_not_mixed_up()
    {
        FlagSet set = new("0", new(1, "ONE"), new(2, "TWO"));
        for (int round = 0; round < 2; round++)
        {
            for (ulong value = 0; value < 2000; value++)
            {
                string low = (value & 3) switch { 0 => "", 1 => "ONE", 2 => "TWO", _ => "ONE|TWO" };
                string high = (value & ~3ul) == 0 ? "" : $"0x{value & ~3ul:x}";
                string expected = value == 0 ? "0" : low.Length > 0 && high.Length > 0 ? low + "|" + high : low + high;
                Assert.Equal(expected, set.Render(value));
            }
        }
    }

    [Fact]
    public void No_role_has_a_word_twice()
    {
        foreach (Role role in Enum.GetValues<Role>())
            Assert.Equal(Flags.WordsOf(role).Distinct(), Flags.WordsOf(role));
    }
}
