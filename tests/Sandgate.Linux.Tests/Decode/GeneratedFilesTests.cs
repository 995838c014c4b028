using System.Diagnostics;
using Xunit;

namespace Sandgate.Linux.Tests.Decode;

/// <summary>The generated C# in the repository is what the generator makes now.</summary>
public class GeneratedFilesTests
{
    [Theory]
    [InlineData("SyscallNumbers.X64.g.cs")]
    [InlineData("KernelCalls.X64.g.cs")]
    public async Task Generated_files_are_current(string file)
    {
        DirectoryInfo fresh = Directory.CreateTempSubdirectory("sandgate-generated-");
        try
        {
            using Process generator = Process.Start(Repository.PathOf("src/Sandgate.Linux/Interop/generate.sh"), [fresh.FullName]);
            await generator.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.Equal(0, generator.ExitCode);
            Assert.Equal(
                await File.ReadAllTextAsync(Path.Combine(fresh.FullName, file), TestContext.Current.CancellationToken),
                await File.ReadAllTextAsync(Repository.PathOf("src/Sandgate.Linux/Interop/" + file), TestContext.Current.CancellationToken));
        }
        finally
        {
            fresh.Delete(recursive: true);
        }
    }
}
