using Sandgate.Core.Decide;
using Sandgate.Core.Decide.Language;

namespace Sandgate.Core.Tests;

public class InlineRuleTests
{
    [Theory]
    [InlineData("open ('/etc/passwd') = not_allow", "open ('/etc/passwd')", RuleAction.NotAllow)]
    [InlineData("open('/etc/passwd')=deny", "open ('/etc/passwd')", RuleAction.NotAllow)]
    [InlineData("  * /google/ = deny ", "* /google/", RuleAction.NotAllow)]
    [InlineData("openat /a=b/ = log", "openat /a=b/", RuleAction.Log)]
    [InlineData("syscall:kill * = allow", "syscall:kill *", RuleAction.Allow)]
    public void A_rule_of_the_command_line_is_read(string text, string rule, RuleAction action)
    {
        Rule read = InlineRule.Read(text, 1, World.Context);
        Assert.Equal((rule, action, "-e 1"), (read.ToString(), read.Action, read.Place.ToString()));
    }

    [Theory]
    [InlineData("", "not a rule: \"\"; write operation, pattern, = and action, such as open ('/etc/passwd') = not_allow")]
    [InlineData("open", "not a rule: \"open\"; write operation, pattern, = and action, such as open ('/etc/passwd') = not_allow")]
    [InlineData("open = deny", "not a rule: \"open = deny\"; write operation, pattern, = and action, such as open ('/etc/passwd') = not_allow")]
    [InlineData("open * =", "not a rule: \"open * =\"; write operation, pattern, = and action, such as open ('/etc/passwd') = not_allow")]
    [InlineData("opne * = deny", "unknown operation \"opne\"; did you mean \"open\"?")]
    [InlineData("open * = dney", "unknown action \"dney\"; did you mean \"deny\"?")]
    [InlineData("open ('a = deny", "the quote is not closed that begins at \"'a\"")]
    [InlineData("open * = modify", "\"modify\" is not available on this engine; seccomp notifications can't change a call's arguments")]
    public void A_bad_one_says_why(string text, string reason) =>
        Assert.Equal("-e 2: " + reason, Assert.Throws<ConfigException>(() => InlineRule.Read(text, 2, World.Context)).Message);
}
