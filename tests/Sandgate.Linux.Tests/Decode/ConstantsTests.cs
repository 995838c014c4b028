using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Sandgate.Linux.Decode;
using Xunit;

namespace Sandgate.Linux.Tests.Decode;

/// <summary>
/// Every name of a value is checked against this machine's C headers: a C program prints the
/// value, and the role must show it by that name. Names that the headers don't know yet are skipped.
/// </summary>
public class ConstantsTests
{
    private const string Includes = """
        #define _GNU_SOURCE
        #include <asm/termbits.h>
        #include <fcntl.h>
        #include <linux/fiemap.h>
        #include <linux/fs.h>
        #include <linux/fscrypt.h>
        #include <linux/fsverity.h>
        #include <linux/if_tun.h>
        #include <linux/kd.h>
        #include <linux/kvm.h>
        #include <linux/loop.h>
        #include <linux/nsfs.h>
        #include <linux/perf_event.h>
        #include <linux/prctl.h>
        #include <linux/ptrace.h>
        #include <linux/random.h>
        #include <linux/seccomp.h>
        #include <linux/sockios.h>
        #include <linux/userfaultfd.h>
        #include <linux/vt.h>
        #include <sched.h>
        #include <signal.h>
        #include <stdio.h>
        #include <sys/ioctl.h>
        #include <sys/mman.h>
        #include <sys/mount.h>
        #include <sys/resource.h>
        #include <sys/socket.h>
        #include <time.h>
        #include <unistd.h>
        """;

    // These words are Sandgate's own.
    private static readonly Role[] s_ownWords = [Role.OpenFlags, Role.OpenHow, Role.AccessMode, Role.CloneFlags, Role.CloneArgs];

    [Fact]
    public async Task Names_have_the_values_of_the_C_headers()
    {
        Assert.SkipUnless(RuntimeInformation.ProcessArchitecture == Architecture.X64, "the names' values are those of x86");
        List<(Role Role, string Word)> words =
        [
            .. from role in Enum.GetValues<Role>()
               where !s_ownWords.Contains(role)
               from word in Flags.WordsOf(role)
               where word.All(c => char.IsAsciiLetterUpper(c) || char.IsAsciiDigit(c) || c == '_')
               select (role, word),
        ];
        string[] printed = await RunC(words.Select(w => w.Word));

        int known = 0;
        foreach ((Role role, string word) in words)
        {
            if (printed.FirstOrDefault(l => l.StartsWith(word + " ", StringComparison.Ordinal)) is not { } line)
                continue;
            known++;
            ulong value = ulong.Parse(line.AsSpan(word.Length + 1), CultureInfo.InvariantCulture);
            Assert.Equal((role, word), (role, Flags.ToArgument(role, value).Given));
        }

        Assert.True(known > words.Count * 9 / 10, $"the headers know only {known} of {words.Count} names");
    }

    [Fact]
    public async Task Open_modes_have_the_values_of_the_C_headers()
    {
        Assert.SkipUnless(RuntimeInformation.ProcessArchitecture == Architecture.X64, "the names' values are those of x86");
        (string Flags, string Mode)[] modes =
        [
            ("O_RDONLY|O_CLOEXEC|O_NOCTTY|O_NONBLOCK|O_LARGEFILE|O_SYNC|O_DIRECT|O_NOATIME", "r"), ("O_WRONLY", "w"), ("O_RDWR", "rw"), ("O_PATH", "path"),
            ("O_CREAT", "r+create"), ("O_TRUNC", "r+truncate"), ("O_APPEND", "r+append"), ("O_EXCL", "r+exclusive"),
            ("O_DIRECTORY", "r+directory"), ("O_NOFOLLOW", "r+nofollow"), ("O_TMPFILE", "r+tmpfile"),
        ];
        string[] printed = await RunC(modes.Select(m => m.Flags), always: true);
        foreach (((string flags, string mode), string line) in modes.Zip(printed))
            Assert.Equal((flags, mode), (flags, Flags.ToArgument(Role.OpenFlags, ulong.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture)).Given));
    }

    private static async Task<string[]> RunC(IEnumerable<string> expressions, bool always = false)
    {
        StringBuilder source = new(Includes);
        source.Append("\nint main(void)\n{\n");
        foreach (string expression in expressions)
        {
            string print = $"    printf(\"%s %llu\\n\", \"{expression}\", (unsigned long long)(unsigned)({expression}));\n";
            source.Append(always ? print : $"#ifdef {expression}\n{print}#endif\n");
        }

        source.Append("    return 0;\n}\n");

        DirectoryInfo work = Directory.CreateTempSubdirectory("sandgate-constants-");
        try
        {
            string file = Path.Combine(work.FullName, "constants.c"), program = Path.Combine(work.FullName, "constants");
            await File.WriteAllTextAsync(file, source.ToString(), TestContext.Current.CancellationToken);
            await Run("gcc", "-w", "-o", program, file);
            return (await Run(program)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        }
        finally
        {
            work.Delete(recursive: true);
        }
    }

    private static async Task<string> Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        string output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, process.ExitCode);
        return output;
    }
}
