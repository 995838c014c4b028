using Sandgate.Core.Decode;
using Sandgate.Linux.Decode;
using Xunit;

namespace Sandgate.Linux.Tests.Decode;

/// <summary>
/// Which calls each family covers, written by hand a second time: a call that does what a family is
/// for and is not in it is a way around every rule on that family.
/// </summary>
public class FamiliesTests
{
    public static TheoryData<Operation, string> Families { get; } = new()
    {
        { Operation.Open, "open openat openat2 creat open_by_handle_at open_tree open_tree_attr acct swapon swapoff uselib" },
        { Operation.Read, "read pread64 readv preadv preadv2 sendfile copy_file_range splice tee io_submit mmap vmsplice" },
        { Operation.Write, "write pwrite64 writev pwritev pwritev2 vmsplice sendfile copy_file_range splice tee io_submit mmap ioctl" },
        { Operation.Truncate, "truncate ftruncate fallocate open openat openat2 creat open_by_handle_at" },
        { Operation.Exec, "execve execveat" },
        { Operation.Fork, "fork vfork clone clone3" },
        { Operation.Connect, "connect sendto sendmsg sendmmsg" },
        { Operation.Send, "sendto sendmsg sendmmsg" },
        { Operation.Receive, "recvfrom recvmsg recvmmsg" },
        { Operation.Bind, "bind listen" },
        { Operation.Listen, "listen" },
        { Operation.Accept, "accept accept4" },
        { Operation.Socket, "socket socketpair" },
        { Operation.Delete, "unlink unlinkat rmdir rename renameat renameat2" },
        { Operation.Rename, "rename renameat renameat2" },
        { Operation.Link, "link linkat" },
        { Operation.Symlink, "symlink symlinkat" },
        { Operation.Mkdir, "mkdir mkdirat" },
        { Operation.Mknod, "mknod mknodat renameat2" },
        { Operation.Chmod, "chmod fchmod fchmodat fchmodat2 setxattr lsetxattr fsetxattr setxattrat removexattr lremovexattr fremovexattr removexattrat" },
        { Operation.Chown, "chown lchown fchown fchownat" },
        { Operation.Utime, "utime utimes futimesat utimensat" },
        {
            Operation.Xattr,
            "setxattr lsetxattr fsetxattr setxattrat removexattr lremovexattr fremovexattr removexattrat file_setattr"
        },
        {
            Operation.Stat,
            "stat lstat fstat newfstatat statx statfs fstatfs getxattr lgetxattr fgetxattr getxattrat listxattr llistxattr "
            + "flistxattr listxattrat file_getattr cachestat name_to_handle_at quotactl quotactl_fd inotify_add_watch fanotify_mark"
        },
        { Operation.Access, "access faccessat faccessat2" },
        { Operation.Readlink, "readlink readlinkat" },
        { Operation.Chdir, "chdir fchdir" },
        { Operation.List, "getdents getdents64" },
        { Operation.Mount, "mount fsopen fsconfig fsmount fspick move_mount mount_setattr open_tree open_tree_attr" },
        { Operation.Umount, "umount2" },
        { Operation.Chroot, "chroot" },
        { Operation.PivotRoot, "pivot_root" },
        { Operation.Kill, "kill tkill tgkill rt_sigqueueinfo rt_tgsigqueueinfo pidfd_send_signal" },
        {
            Operation.Ptrace,
            "ptrace process_vm_readv process_vm_writev pidfd_getfd process_madvise kcmp perf_event_open prlimit64"
        },
    };

    [Theory]
    [MemberData(nameof(Families))]
    public void A_family_covers_its_calls(Operation family, string calls) => Assert.Equal(
        calls.Split(' ').Order(StringComparer.Ordinal),
        Signatures.All.Where(r => r.Operations.Contains(family)).Select(r => r.Name).Order(StringComparer.Ordinal));

    [Fact]
    public void Every_family_is_written_here() =>
        Assert.Equal(Operations.All.Select(o => o.Operation), Families.Select(f => f.Data.Item1));

    // What the decoder puts into a family's places must be there, or be known to be missing.
    [Theory]
    [InlineData(Operation.Read, nameof(Role.ReadFd), "vmsplice io_submit mmap")]
    [InlineData(Operation.Write, nameof(Role.WriteFd), "io_submit")]
    [InlineData(Operation.Connect, nameof(Role.SocketFd), "")]
    [InlineData(Operation.Send, nameof(Role.SocketFd), "")]
    [InlineData(Operation.Receive, nameof(Role.SocketFd), "")]
    [InlineData(Operation.Bind, nameof(Role.SockAddr), "listen")]
    [InlineData(Operation.Listen, nameof(Role.SocketFd), "")]
    [InlineData(Operation.Accept, nameof(Role.SocketFd), "")]
    [InlineData(Operation.Socket, nameof(Role.SocketType), "")]
    [InlineData(Operation.Exec, nameof(Role.Argv), "")]
    [InlineData(Operation.Chmod, nameof(Role.Permissions), "setxattr lsetxattr fsetxattr setxattrat removexattr lremovexattr fremovexattr removexattrat")]
    [InlineData(Operation.Mkdir, nameof(Role.Permissions), "")]
    [InlineData(Operation.Mknod, nameof(Role.Permissions), "renameat2")]
    [InlineData(Operation.Chown, nameof(Role.Uid), "")]
    [InlineData(Operation.Chown, nameof(Role.Gid), "")]
    [InlineData(Operation.Access, nameof(Role.AccessMode), "")]
    [InlineData(Operation.Xattr, nameof(Role.Text), "file_setattr")]
    [InlineData(Operation.Symlink, nameof(Role.Text), "")]
    [InlineData(Operation.Kill, nameof(Role.Signal), "")]
    public void A_familys_calls_have_the_role(Operation family, string role, string without) => Assert.Equal(
        without.Split(' ', StringSplitOptions.RemoveEmptyEntries),
        Signatures.All.Where(r => r.Operations.Contains(family) && !r.Roles.Contains(Enum.Parse<Role>(role))).Select(r => r.Name));

    [Fact]
    public void Every_family_with_a_path_finds_one_in_its_calls()
    {
        string[] without = ["open_by_handle_at", "fsopen", "fsconfig", "fsmount"];
        foreach (OperationInfo info in Operations.All)
        {
            int paths = info.Arguments.Count(a => a.Kind == Core.ArgumentKind.Path);
            foreach (Signature row in Signatures.All.Where(r => r.Operations.Contains(info.Operation) && !without.Contains(r.Name)))
            {
                int found = row.Roles.Count(r => r is Role.Path or Role.PathNoFollow or Role.FileFd);
                Assert.True(found >= paths, row.Name);
            }
        }
    }

    [Theory]
    [InlineData("creat", "w+create+truncate")]
    [InlineData("acct", "w+append")]
    [InlineData("open_tree", "path")]
    [InlineData("uselib", "r")]
    public void Calls_that_open_without_flags_say_how(string call, string mode) =>
        Assert.Equal(mode, Flags.ToArgument(Role.OpenFlags, Signatures.Find(call)!.ImpliedFlags).Given);

    [Theory]
    [InlineData("fork", "process")]
    [InlineData("vfork", "vfork")]
    public void Calls_that_fork_without_flags_say_what(string call, string kind) =>
        Assert.Equal(kind, Flags.ToArgument(Role.CloneFlags, Signatures.Find(call)!.ImpliedFlags).Given);
}
