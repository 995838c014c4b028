using System.Text;
using Sandgate.Core;
using Sandgate.Linux.Decode;

namespace Sandgate.Linux.Tests.Decode;

/// <summary>What the kernel makes of the beginning of a file. The live tests compare the same with the kernel itself.</summary>
public class ScriptLineTests
{
    private static ScriptLine? Read(string text)
    {
        byte[] beginning = new byte[ProgramFile.BeginningLength];
        byte[] bytes = Encoding.Latin1.GetBytes(text);
        bytes.AsSpan(0, Math.Min(bytes.Length, beginning.Length)).CopyTo(beginning);
        return ScriptLine.Read(beginning);
    }

    [Theory]
    [InlineData("#!/bin/sh\n", "/bin/sh", null)]
    [InlineData("#! \t/bin/sh -e  x \t\nrest", "/bin/sh", "-e  x")]
    [InlineData("#!/bin/sh", "/bin/sh", null)]
    [InlineData("#!/bin/sh ", "/bin/sh", "")]
    [InlineData("#!/bin/sh\0 x\n", "/bin/sh", null)]
    [InlineData("#!/bin/sh -x\0y\n", "/bin/sh", "-x")]
    [InlineData("#!a\n", "a", null)]
    public void A_line_names_an_interpreter_and_one_argument(string text, string interpreter, string? argument)
    {
        ScriptLine line = Assert.IsType<ScriptLine>(Read(text));
        Assert.Equal(interpreter, Encoding.Latin1.GetString(line.Interpreter));
        Assert.Equal(argument, line.Argument is { } one ? Encoding.Latin1.GetString(one) : null);
    }

    [Theory]
    [InlineData("")]
    [InlineData("#")]
    [InlineData(" #!/bin/sh\n")]
    [InlineData("#!\n")]
    [InlineData("#!  \t \n")]
    public void What_names_none_is_no_script(string text) => Assert.Null(Read(text));

    [Fact]
    public void A_name_that_may_be_cut_off_is_none_and_a_cut_argument_stays_cut()
    {
        Assert.Null(Read("#!/" + new string('x', 300) + "\n"));
        ScriptLine line = Assert.IsType<ScriptLine>(Read("#!/bin/sh " + new string('y', 300) + "\n"));
        Assert.Equal(ProgramFile.BeginningLength - 1 - "#!/bin/sh ".Length, line.Argument!.Length);
    }

    [Theory]
    [InlineData("ld.so --library-path /x prog a", "prog a")]
    [InlineData("ld.so --argv0 n --preload l --audit m --inhibit-rpath r prog", "prog")]
    [InlineData("ld.so --list prog", "prog")]
    [InlineData("ld.so --library-path=/x -- --prog", "--prog")]
    [InlineData("ld.so", null)]
    [InlineData("ld.so --library-path /x", null)]
    public void A_loader_runs_what_its_arguments_name(string argv, string? program)
    {
        List<Argument>? found = SystemLoaders.ProgramOf([.. argv.Split(' ').Select(Argument.FromText)]);
        Assert.Equal(program, found is null ? null : string.Join(' ', found.Select(a => a.Given)));
    }

    [Fact]
    public void A_handler_of_a_binary_format_is_known_by_bytes_or_by_extension()
    {
        BinaryFormats.Handler magic = Assert.IsType<BinaryFormats.Handler>(BinaryFormats.Parse("enabled\ninterpreter /usr/bin/qemu-arm\nflags: OCP\noffset 1\nmagic 454c46\nmask fffeff\n"));
        Assert.True(magic.KeepsName);
        Assert.True(magic.Handles("\u007fEMF"u8, "x"));
        Assert.False(magic.Handles("\u007fENF"u8, "x"));
        BinaryFormats.Handler extension = Assert.IsType<BinaryFormats.Handler>(BinaryFormats.Parse("enabled\ninterpreter /usr/bin/java\nflags: \nextension .jar\n"));
        Assert.True(extension.Handles("PK"u8, "a/b.c/x.jar"));
        Assert.False(extension.Handles("PK"u8, "a/b.jar/x"));
        Assert.Null(BinaryFormats.Parse("disabled\ninterpreter /usr/bin/java\nflags: \nextension .jar\n"));
    }
}
