using Sandgate.Linux.Launch;

namespace Sandgate.Linux.Tests.Launch;

public sealed class CommandLookupTests : IDisposable
{
    private const int ENOENT = 2, EACCES = 13;

    private readonly string _directory = Directory.CreateTempSubdirectory("sandgate-lookup").FullName;

    public CommandLookupTests()
    {
        foreach (string name in (ReadOnlySpan<string>)["a", "b", "c"])
            Directory.CreateDirectory(Path.Combine(_directory, name));
        Make("a/plain", UnixFileMode.UserRead);
        Make("b/plain", UnixFileMode.UserRead | UnixFileMode.UserExecute);
        Make("a/only", UnixFileMode.UserRead);
        Make("b/twice", UnixFileMode.UserRead | UnixFileMode.UserExecute);
        Make("c/twice", UnixFileMode.UserRead | UnixFileMode.UserExecute);
        Directory.CreateDirectory(Path.Combine(_directory, "a/folder"));
    }

    private string SearchPath => $"{_directory}/a:{_directory}/b:{_directory}/c:/nonexistent";

    [Theory]
    [InlineData("plain", "b/plain")]
    [InlineData("twice", "b/twice")]
    public void The_first_executable_file_of_the_search_path_is_taken(string command, string expected) =>
        Assert.Equal((Path.Combine(_directory, expected), 0), CommandLookup.Find(command, SearchPath));

    [Theory]
    [InlineData("", ENOENT)]
    [InlineData("missing", ENOENT)]
    [InlineData("only", EACCES)]
    [InlineData("/nonexistent/true", ENOENT)]
    [InlineData("/etc", EACCES)]
    [InlineData("/etc/passwd", EACCES)]
    [InlineData("/etc/passwd/true", 20 /* ENOTDIR */)]
    public void What_cannot_be_executed_has_an_errno(string command, int errno) =>
        Assert.Equal((null, errno), CommandLookup.Find(command, SearchPath));

    [Fact]
    public void A_directory_on_the_search_path_is_no_command() => Assert.Null(CommandLookup.Find("folder", SearchPath).File);

    [Fact]
    public void A_slash_means_that_the_path_is_not_searched()
    {
        Assert.Equal(("/bin/sh", 0), CommandLookup.Find("/bin/sh", ""));
        Assert.Equal((null, ENOENT), CommandLookup.Find("./plain", SearchPath));
    }

    [Fact]
    public void Without_PATH_the_usual_directories_are_searched() => Assert.Equal(0, CommandLookup.Find("sh", null).Errno);

    [Fact]
    public void An_empty_part_of_the_search_path_is_the_working_directory()
    {
        string name = Path.GetFileName(Directory.EnumerateFiles(Environment.CurrentDirectory).FirstOrDefault() ?? "missing");
        Assert.NotEqual((name, 0), CommandLookup.Find(name, "/nonexistent"));
        Assert.True(CommandLookup.Find(name, ":/nonexistent") is (null, _) or ({ } and ['.', '/', ..], 0));
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private void Make(string name, UnixFileMode mode)
    {
        string file = Path.Combine(_directory, name);
        File.WriteAllText(file, "#!/bin/sh\n");
        File.SetUnixFileMode(file, mode);
    }
}
