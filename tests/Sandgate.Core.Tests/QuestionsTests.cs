using Sandgate.Core.Decide;
using Sandgate.Core.Decode;

namespace Sandgate.Core.Tests;

public class QuestionsTests
{
    private sealed class Person(params Reply[] replies) : IAsker
    {
        private readonly Queue<Reply> _replies = new(replies);

        public List<string> Asked { get; } = [];

        public Reply Ask(Question question, Func<bool> stillWaits)
        {
            Asked.Add(question.Text);
            return _replies.Dequeue();
        }
    }

    private sealed class Nobody : IProcessNames
    {
        public int ProcessOf(int threadId) => threadId;

        public string? NameOf(int threadId) => "x";

        public Core.Record.Caller CallerOf(int threadId) => new() { ProcessId = threadId, Name = "x" };
    }

    private static readonly Reply s_yes = new(true, Remember: false), s_no = new(false, Remember: false), s_always = new(true, Remember: true);

    private static (Questions Questions, Policy Policy) Make(Person? person, string config)
    {
        Policy policy = new(World.Read(config), []);
        return (new Questions(person, new Nobody(), policy.DecideFrom, () => throw new InvalidOperationException()), policy);
    }

    private static Call Copy(string from, string to) => World.CallOf(
        new(Operation.Read, "read", [Argument.FromDescriptor(from)]),
        new(Operation.Write, "write", [Argument.FromDescriptor(to), Argument.FromData("", false, 0)]));

    [Fact]
    public void A_yes_to_one_of_two_questions_is_none_to_the_other()
    {
        Person person = new(s_yes, s_no, s_yes, s_yes, s_no);
        (Questions questions, Policy policy) = Make(person, """{"rules": {"read": {"*": "ask"}, "write": {"*": "ask"}}}""");
        Call call = Copy("/a", "/b");
        Assert.False(questions.Ask(call, policy.Decide(call), () => true).Allowed);
        Assert.True(questions.Ask(call, policy.Decide(call), () => true).Allowed);
        Assert.False(questions.Ask(call, policy.Decide(call), () => true).Allowed);
        Assert.Equal(["read('/a')", "write('/b', '')", "read('/a')", "write('/b', '')", "read('/a')"], person.Asked);
    }

    [Fact]
    public void What_is_remembered_is_the_call_the_rule_and_the_program_that_the_rule_looked_at()
    {
        Person person = new(s_always, s_no, s_no);
        (Questions questions, Policy policy) = Make(person, """{"rules": {"open": {"when exe like '/bin/*'": "ask"}}}""");
        Call Open(string path, string exe) => new() { ThreadId = 1, Syscall = "openat", Views = [World.Open(path, path)], Facts = new() { Executable = exe } };
        Verdict? Settle(Call call) => questions.Settle(call, policy.Decide(call));
        Assert.True(questions.Ask(Open("/a", "/bin/x"), policy.Decide(Open("/a", "/bin/x")), () => true).Allowed);
        Assert.True(Settle(Open("/a", "/bin/x"))!.Value.Allowed);
        Assert.Null(Settle(Open("/a", "/bin/y")));
        Assert.Null(Settle(Open("/b", "/bin/x")));
        Assert.Single(person.Asked);
    }

    [Fact]
    public void With_nobody_to_ask_each_question_has_its_own_answer()
    {
        const string Config = """{"rules": {"read": {"*": {"action": "ask", "on_timeout": "allow"}}, "write": {"('/b')": "ask"}}}""";
        (Questions questions, Policy policy) = Make(null, Config);
        Verdict? Settle(Call call) => questions.Settle(call, policy.Decide(call));
        Assert.False(Settle(Copy("/a", "/b"))!.Value.Allowed);
        Assert.True(Settle(Copy("/a", "/c"))!.Value.Allowed);
    }
}
