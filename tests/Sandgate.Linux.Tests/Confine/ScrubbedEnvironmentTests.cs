using System.Text;
using Sandgate.Linux.Confine;

namespace Sandgate.Linux.Tests.Confine;

public class ScrubbedEnvironmentTests
{
    [Theory]
    [InlineData("", "HOME=/h API_TOKEN=x TOKEN_A=y token=z =odd BARE")]
    [InlineData("*TOKEN*", "HOME=/h token=z =odd BARE")]
    [InlineData("API_?OKEN HOME", "TOKEN_A=y token=z =odd BARE")]
    [InlineData("*=*", "HOME=/h API_TOKEN=x TOKEN_A=y token=z =odd BARE")]
    [InlineData("BAR?", "HOME=/h API_TOKEN=x TOKEN_A=y token=z =odd")]
    [InlineData("*", "")]
    public void Names_decide_and_not_values(string globs, string left)
    {
        List<byte[]> environment = [.. "HOME=/h API_TOKEN=x TOKEN_A=y token=z =odd BARE".Split(' ').Select(Encoding.UTF8.GetBytes)];
        List<byte[]> scrubbed = ScrubbedEnvironment.Of(environment, globs.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(left, string.Join(' ', scrubbed.Select(Encoding.UTF8.GetString)));
    }
}
