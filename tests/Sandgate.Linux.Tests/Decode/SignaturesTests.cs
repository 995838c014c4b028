using Sandgate.Linux.Decode;
using Sandgate.Linux.Interop;
using Xunit;

namespace Sandgate.Linux.Tests.Decode;

/// <summary>The table against the kernel's facts.</summary>
public class SignaturesTests
{
    private static readonly Role[] s_paths = [Role.Path, Role.PathNoFollow];

    private static readonly Role[] s_wide =
        [Role.Long, Role.Size, Role.Count, Role.FileLength, Role.Protection, Role.MapFlags, Role.MountFlags, Role.PtraceRequest];

    private static readonly Role[] s_pointers =
    [
        Role.Path, Role.PathNoFollow, Role.Text, Role.FileSystemType, Role.Argv, Role.InData, Role.InVector, Role.InMessage,
        Role.InMessages, Role.SockAddr, Role.OpenHow, Role.CloneArgs, Role.Opaque,
    ];

    // Declared wider than what the kernel then looks at.
    private static readonly Role[] s_cut = [Role.Fd, Role.ReadFd, Role.WriteFd, Role.Pid, Role.CloneFlags, Role.UnshareFlags];

    private static IEnumerable<Signature> Rows => Signatures.X64.OfType<Signature>();

    [Fact]
    public void Every_kernel_call_has_a_row()
    {
        foreach (KernelCallFacts call in KernelFacts.X64)
            Assert.Equal(call.Name, Signatures.X64[call.Number]?.Name);
        Assert.Equal(KernelFacts.X64.Count, Rows.Count());
    }

    [Fact]
    public void Every_row_is_a_kernel_call()
    {
        HashSet<string> known = [.. KernelFacts.X64.Select(c => c.Name)];
        Assert.All(Signatures.All, row => Assert.Contains(row.Name, known));
        Assert.All(Signatures.All, row => Assert.Same(row, Signatures.Find(row.Name)));
    }

    [Fact]
    public void A_row_has_a_role_for_each_argument()
    {
        foreach (KernelCallFacts call in KernelFacts.X64)
        {
            Assert.True(
                Signatures.X64[call.Number]!.Roles.Length == call.Arguments.Length,
                $"{call.Name}({string.Join(", ", call.Arguments.Select(a => a.Name))})");
        }
    }

    [Fact]
    public void A_role_is_as_wide_and_as_signed_as_the_argument()
    {
        List<string> wrong = [];
        foreach (KernelCallFacts call in KernelFacts.X64)
        {
            foreach ((Role role, KernelArgument argument) in Signatures.X64[call.Number]!.Roles.Zip(call.Arguments))
            {
                if (!Fits(role, argument))
                    wrong.Add($"{call.Name}: {role} for {argument.Type} {argument.Name}");
            }
        }

        Assert.Empty(wrong);
    }

    private static bool Fits(Role role, KernelArgument argument)
    {
        bool unsigned = argument.Type is "unsigned int" or "unsigned" or "u32" or "__u32" or "uid_t" or "gid_t";
        bool wide = argument.Type is "unsigned long" or "long" or "size_t" or "loff_t" or "off_t" or "__u64" or "u64";
        return role == Role.Hex
            || (s_pointers.Contains(role) ? argument.IsPointer
            : argument.IsPointer ? false
            : s_cut.Contains(role) ? true
            : s_wide.Contains(role) ? wide
            : role == Role.UInt ? unsigned
            : role == Role.Int ? !wide && !unsigned
            : !wide);
    }

    [Fact]
    public void A_directory_descriptor_stands_before_its_path()
    {
        foreach (Signature row in Rows)
        {
            for (int i = 0; i < row.Roles.Length; i++)
            {
                if (row.Roles[i] == Role.DirFd)
                    Assert.True(i + 1 < row.Roles.Length && s_paths.Contains(row.Roles[i + 1]), row.Name);
            }
        }
    }

    [Fact]
    public void Every_argument_called_a_directory_descriptor_is_one()
    {
        string[] names = ["dfd", "olddfd", "newdfd", "from_dfd", "to_dfd"];
        foreach (KernelCallFacts call in KernelFacts.X64)
        {
            for (int i = 0; i < call.Arguments.Length; i++)
            {
                if (names.Contains(call.Arguments[i].Name))
                    Assert.True(Signatures.X64[call.Number]!.Roles[i] == Role.DirFd, call.Name);
            }
        }
    }

    [Fact]
    public void A_length_follows_what_it_measures()
    {
        foreach (Signature row in Rows)
        {
            for (int i = 0; i < row.Roles.Length; i++)
            {
                Role? next = i + 1 < row.Roles.Length ? row.Roles[i + 1] : null;
                Role? previous = i > 0 ? row.Roles[i - 1] : null;
                bool fits = row.Roles[i] switch
                {
                    Role.InData => next is Role.Size or Role.Int,
                    Role.InVector => next is Role.Count,
                    Role.InMessages => next is Role.UInt,
                    Role.SockAddr => next is Role.Int,
                    Role.OpenHow or Role.CloneArgs => next is Role.Size,
                    Role.Count => previous is Role.InVector or Role.Hex,
                    _ => true,
                };
                Assert.True(fits, row.Name);
            }
        }
    }

    [Fact]
    public void Paths_are_strings_and_strings_with_a_path_name_are_paths()
    {
        string[] names = ["filename", "pathname", "oldname", "newname", "path", "dir_name", "new_root", "put_old", "specialfile", "from_pathname", "to_pathname"];
        foreach (KernelCallFacts call in KernelFacts.X64)
        {
            foreach ((Role role, KernelArgument argument) in Signatures.X64[call.Number]!.Roles.Zip(call.Arguments))
            {
                bool linkText = call.Name.StartsWith("symlink", StringComparison.Ordinal) && argument.Name == "oldname";
                if (s_paths.Contains(role))
                    Assert.True(argument.Type == "char *", call.Name);
                if (names.Contains(argument.Name) && argument.IsPointer && !linkText)
                    Assert.True(s_paths.Contains(role), call.Name);
            }
        }
    }

    [Fact]
    public void The_generated_numbers_are_those_of_the_rows()
    {
        Assert.Equal("openat", Signatures.X64[SyscallNumbers.openat]?.Name);
        Assert.Equal("file_setattr", Signatures.X64[SyscallNumbers.file_setattr]?.Name);
    }

    [Fact]
    public void The_generated_lines_carry_the_kernels_argument_names()
    {
        List<string> names = [];
        ReadOnlySpan<char> lines = KernelCalls.LinesX64;
        while (KernelCalls.TryRead(ref lines, out KernelCall call))
            names.Add($"{call.Number} {call.Name}({call.Arguments})");

        Assert.Equal(KernelFacts.X64.Select(c => $"{c.Number} {c.Name}({string.Join(' ', c.Arguments.Select(a => a.Name + MarkOf(a)))})"), names);
    }

    [Fact]
    public void What_stands_above_the_bits_that_the_kernel_looks_at_is_not_seen()
    {
        const ulong Filled = 0xdeadbeef_cafe01b6;
        Signature Row(string name) => Rows.Single(r => r.Name == name);
        Assert.Equal(0x01b6u, Row("fchmod").Seen(1, Filled));
        Assert.Equal(0xcafe01b6u, Row("fchmod").Seen(0, Filled));
        Assert.Equal(0xcafe01b6u, Row("personality").Seen(0, 0xffffffff_cafe01b6));
        Assert.Equal(Filled, Row("lseek").Seen(1, Filled));
        Assert.Equal(Filled, Row("write").Seen(1, Filled));
        Assert.Equal(Filled, Row("write").Seen(2, Filled));
    }

    private static string MarkOf(KernelArgument argument) => argument.IsPointer ? "" : argument.Type switch
    {
        "umode_t" => ".",
        "unsigned long" or "long" or "size_t" or "loff_t" or "off_t" or "u64" or "__u64" or "aio_context_t" => "",
        _ => ":",
    };
}
