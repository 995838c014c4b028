using Sandgate.Core.Decode;

namespace Sandgate.Core.Tests.Index;

/// <summary>Calls with arguments of every form, the likely ones more often.</summary>
internal sealed class RandomCalls(Random random)
{
    public Call Next()
    {
        List<CallView> views = [View()];
        if (random.Next(4) == 0)
            views.Add(View());
        if (random.Next(4) == 0)
            views.Add(new(Operation.Syscall, "openat", [.. Enumerable.Range(0, random.Next(4)).Select(_ => Any())]));
        return new()
        {
            ThreadId = 1,
            Syscall = random.Next(3) == 0 ? "openat" : "brk",
            Views = [.. views],
            CertainErrno = random.Next(10) == 0 ? 14 : 0,
            Facts = random.Next(3) == 0 ? null : new() { Executable = random.Next(3) == 0 ? null : Text(), Name = Text() },
        };
    }

    private CallView View()
    {
        OperationInfo operation = Operations.Of(RandomRules.Used[random.Next(RandomRules.Used.Length)])!;
        int count = operation.Rest ? random.Next(1, 5) : operation.Arguments.Length;
        Argument[] arguments = [.. Enumerable.Range(0, count).Select(i => random.Next(8) == 0 ? Any() : Likely(operation.KindAt(i)))];
        if (random.Next(8) == 0)
            arguments = [.. arguments[..random.Next(arguments.Length)], .. random.Next(2) == 0 ? [Argument.Unreadable] : Array.Empty<Argument>()];
        return new(operation.Operation, operation.Name, arguments);
    }

    private Argument Likely(ArgumentKind kind) => kind switch
    {
        ArgumentKind.Path => Path(),
        ArgumentKind.Descriptor => random.Next(4) == 0 ? Argument.FromStdio(random.Next(2) == 0 ? "stdout" : "stderr") : Argument.FromDescriptor(Text()),
        ArgumentKind.Address => random.Next(3) == 0 ? Path() : Argument.FromText(Text()),
        ArgumentKind.Data => Argument.FromData(Text() + Text(), random.Next(4) == 0, 100),
        ArgumentKind.Number => Argument.FromNumber(random.Next(3)),
        _ => Argument.FromText(Text()),
    };

    private Argument Any() => random.Next(8) switch
    {
        0 => Argument.Unreadable,
        1 => Argument.FromText(Text()),
        2 => Argument.FromUnknownAddress("socket:[7]"),
        3 => Argument.FromNumber(random.Next(3)),
        4 => Argument.FromDescriptor(Text()),
        5 => Argument.FromStdio("stdout"),
        6 => Argument.FromData(Text(), random.Next(2) == 0, 50),
        _ => Path(),
    };

    private Argument Path() => Argument.FromPath(Text(), random.Next(6) == 0 ? null : Text(), random.Next(3) == 0 ? Text() : null);

    private string Text()
    {
        string text = RandomRules.Texts[random.Next(RandomRules.Texts.Length)];
        return random.Next(5) switch { 0 => text + "x", 1 => text.ToUpperInvariant(), _ => text };
    }
}
