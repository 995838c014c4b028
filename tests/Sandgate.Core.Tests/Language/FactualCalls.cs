using Sandgate.Core.Decode;
using Sandgate.Core.Tests.Index;

namespace Sandgate.Core.Tests.Language;

/// <summary>Calls of which everything is known, and the same with something forgotten.</summary>
internal sealed class FactualCalls(Random random)
{
    private static readonly string[] s_texts = [.. RandomRules.Texts.Where(t => t.Length > 0)];

    public Call Next()
    {
        OperationInfo operation = Operations.All[random.Next(Operations.All.Count)];
        int count = operation.Rest ? random.Next(1, 5) : operation.Arguments.Length;
        return new()
        {
            ThreadId = 1,
            Syscall = "openat",
            Views = [new(operation.Operation, operation.Name, [.. Enumerable.Range(0, count).Select(i => Known(operation.KindAt(i)))])],
            Facts = new()
            {
                ProcessId = random.Next(3),
                UserId = (uint)random.Next(3),
                Name = Text(),
                Executable = Text(),
                ParentExecutable = random.Next(3) == 0 ? "" : Text(),
                CommandLine = Text(),
                WorkingDirectory = Text(),
                Sha256 = random.Next(3) == 0 ? "" : "ab",
                IsLaunch = random.Next(2) == 0,
                Registers = [0, 1, 2, 3, 4, ulong.MaxValue],
                DescriptorRegister = random.Next(-1, 6),
                Domains = operation.Arguments[0].Kind == ArgumentKind.Address && random.Next(2) == 0 ? ["google.com"] : [],
            },
        };
    }

    private Argument Known(ArgumentKind kind) => kind switch
    {
        ArgumentKind.Path => Path(),
        ArgumentKind.Descriptor => Argument.FromDescriptor(Text()),
        ArgumentKind.Address => random.Next(3) == 0 ? Argument.FromPath("unix:/run/sock.pem", "unix:/run/sock.pem") : Argument.FromText(random.Next(2) == 0 ? "1.2.3.4:443" : "[::1]:53"),
        ArgumentKind.Data => Argument.FromData(Text() + Text(), false, 100),
        ArgumentKind.Number => Argument.FromNumber(random.Next(3)),
        _ => Argument.FromText(Text()),
    };

    private Argument Path() => Argument.FromPath(Text(), Text(), random.Next(3) == 0 ? Text() : null);

    private string Text() => s_texts[random.Next(s_texts.Length)];

    /// <summary>The same call, of which some things could not be read.</summary>
    public Call Forget(Call call)
    {
        CallFacts facts = call.Facts!;
        Argument[] arguments = [.. call.Main.Arguments.Select(Forget)];

        // Of a list of arguments perhaps only the beginning was read.
        if (call.Main.Operation == Operation.Exec && random.Next(4) == 0)
            arguments = [.. arguments[..random.Next(arguments.Length)], Argument.Unreadable];
        return new()
        {
            ThreadId = 1,
            Syscall = call.Syscall,
            Views = [call.Main with { Arguments = arguments }],
            Facts = random.Next(6) == 0 ? null : new()
            {
                ProcessId = Keeps() ? facts.ProcessId : null,
                UserId = Keeps() ? facts.UserId : null,
                Name = Keeps() ? facts.Name : null,
                Executable = Keeps() ? facts.Executable : null,
                ParentExecutable = Keeps() ? facts.ParentExecutable : null,
                CommandLine = Keeps() ? facts.CommandLine : null,
                WorkingDirectory = Keeps() ? facts.WorkingDirectory : null,
                Sha256 = Keeps() ? facts.Sha256 : null,
                IsLaunch = Keeps() ? facts.IsLaunch : null,
                Registers = Keeps() ? facts.Registers : null,
                DescriptorRegister = facts.DescriptorRegister,
                Domains = Keeps() ? facts.Domains : null,
            },
        };
    }

    private bool Keeps() => random.Next(2) == 0;

    private Argument Forget(Argument argument)
    {
        if (Keeps())
            return argument;
        return (argument.Kind, random.Next(2)) switch
        {
            (ArgumentKind.Path, 0) when !argument.Given!.StartsWith("unix:", StringComparison.Ordinal) => Argument.FromPath(argument.Given, null),
            (ArgumentKind.Data, 0) => Argument.FromData(argument.Given![..random.Next(argument.Given!.Length)], true, argument.Number),
            _ => Argument.Unreadable,
        };
    }
}
