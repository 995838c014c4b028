using Sandgate.Core.Control;
using Sandgate.Core.Decode;

namespace Sandgate.Core.Tests.Control;

public class AskDeskTests
{
    private sealed class Terminal(Func<Func<bool>, Reply> act) : IAsker
    {
        public Reply Ask(Question question, Func<bool> stillWaits) => act(stillWaits);
    }

    private static Question Make(bool canBeRemembered = true, int seconds = 30)
    {
        CallView view = World.Open("/f", "/f");
        return new("open('/f', 'r')", "open('/f', 'r')", new Call { ThreadId = 1, Syscall = "openat", Views = [view] }, view, null, 1, "x", TimeSpan.FromSeconds(seconds), canBeRemembered);
    }

    private static long WaitFor(AskDesk desk)
    {
        Assert.True(SpinWait.SpinUntil(() => desk.Pending.Count == 1, 10_000));
        return desk.Pending[0].Id;
    }

    [Fact]
    public void Somebody_is_there_while_there_is_a_terminal_or_a_client()
    {
        bool clients = false;
        AskDesk desk = new(null, null, TimeProvider.System) { HasClients = () => clients };
        Assert.False(desk.IsThere);
        clients = true;
        Assert.True(desk.IsThere);
        Assert.True(new AskDesk(new Terminal(_ => default), null, TimeProvider.System).IsThere);
    }

    [Fact]
    public async Task A_client_answers_once_and_everybody_is_told()
    {
        List<string> told = [];
        AskDesk desk = new(null, null, TimeProvider.System) { HasClients = () => true };
        desk.Told += (ask, begins, answer) => told.Add($"{ask.Id} {begins} {answer}");
        Task<Reply> reply = Task.Run(() => desk.Ask(Make(), () => true));
        long id = WaitFor(desk);
        Assert.Throws<ControlException>(() => desk.Answer(id + 1, true, Remember.No));
        Assert.Equal("open('/f', 'r')", desk.Answer(id, true, Remember.Run).Text);
        Assert.Throws<ControlException>(() => desk.Answer(id, false, Remember.No));
        Assert.Equal(new Reply(true, true), await reply);
        Assert.Equal([$"{id} True ", $"{id} False True"], told);
        Assert.Empty(desk.Pending);
    }

    [Fact]
    public async Task Whoever_answers_first_decides()
    {
        AskDesk desk = new(
            new Terminal(waits =>
            {
                SpinWait.SpinUntil(() => !waits());
                return default;
            }), null, TimeProvider.System)
        { HasClients = () => true };
        Task<Reply> reply = Task.Run(() => desk.Ask(Make(), () => true));
        desk.Answer(WaitFor(desk), false, Remember.No);
        Assert.Equal(new Reply(false, false), await reply);

        desk = new(new Terminal(_ => new(true, false)), null, TimeProvider.System) { HasClients = () => true };
        Assert.Equal(new Reply(true, false), desk.Ask(Make(), () => true));
    }

    [Fact]
    public async Task The_last_client_that_leaves_ends_the_question()
    {
        bool clients = true;
        AskDesk desk = new(null, null, TimeProvider.System) { HasClients = () => clients };
        Task<Reply> reply = Task.Run(() => desk.Ask(Make(), () => true));
        WaitFor(desk);
        clients = false;
        Assert.Equal(default, await reply);
    }

    [Fact]
    public void Time_and_the_programs_end_end_it()
    {
        AskDesk desk = new(null, null, TimeProvider.System) { HasClients = () => true };
        Assert.Equal(default, desk.Ask(Make(), () => false));
        Assert.Equal(default, desk.Ask(Make(seconds: 0), () => true));
    }

    [Fact]
    public async Task An_answer_for_ever_is_kept_if_it_can_be()
    {
        AskDesk desk = new(null, (_, allow) => $"kept {allow}", TimeProvider.System) { HasClients = () => true };
        Task<Reply> reply = Task.Run(() => desk.Ask(Make(), () => true));
        Assert.Equal("kept False", desk.Answer(WaitFor(desk), false, Remember.Always).Kept);
        Assert.Equal(new Reply(false, true), await reply);

        reply = Task.Run(() => desk.Ask(Make(canBeRemembered: false), () => true));
        long id = WaitFor(desk);
        Assert.Throws<ControlException>(() => desk.Answer(id, true, Remember.Run));
        desk.Answer(id, true, Remember.No);
        Assert.Equal(new Reply(true, false), await reply);
    }
}
