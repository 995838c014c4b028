using System.Collections;
using Sandgate.Core.Decode;
using Sandgate.Linux.Enforce;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Decode;

/// <summary>The system calls of x86-64 as far as rules must know them before any call happens.</summary>
public sealed class LinuxCatalogue : ICatalogue
{
    private readonly SyscallShape?[] _byNumber = MakeShapes();

    /// <inheritdoc/>
    public IReadOnlyList<SyscallShape> Syscalls => field ??= [.. _byNumber.OfType<SyscallShape>()];

    /// <inheritdoc/>
    public int Count => _byNumber.Length;

    /// <inheritdoc/>
    public SyscallShape? ShapeOf(int number) => _byNumber[number];

    /// <inheritdoc/>
    public IReadOnlyList<SyscallArgument> ArgumentsOf(int number)
    {
        ReadOnlySpan<char> lines = KernelCalls.LinesX64;
        while (KernelCalls.TryRead(ref lines, out KernelCall call))
        {
            if (call.Number != number)
                continue;
            string[] names = call.Arguments.ToString().Split(' ', StringSplitOptions.RemoveEmptyEntries);
            return [.. Signatures.X64[number]!.Roles.Select((role, i) => new SyscallArgument(i < names.Length ? names[i].TrimEnd(':', '.') : $"arg{i}", RoleNames.Of(role)))];
        }

        return [];
    }

    private static SyscallShape?[] MakeShapes()
    {
        SyscallShape?[] shapes = new SyscallShape?[Signatures.X64.Length];
        for (int i = 0; i < shapes.Length; i++)
        {
            if (Signatures.X64[i] is { } row)
                shapes[i] = new SyscallShape(row.Name, row.Operations, HasText(row), new Vocabulary(row), HasWordsInMemory(row), Emulator.Knows(row.Name), Emulator.IsVerified(row.Name), row.Roles.Contains(Role.PidFd),
                    row.Operations is [Operation.Rename, Operation.Delete] or [Operation.Listen, Operation.Bind]);
        }

        return shapes;
    }

    private static bool HasWordsInMemory(Signature row) =>
        row.Roles.AsSpan().IndexOfAny(Role.OpenHow, Role.CloneArgs) >= 0;

    // kill shows the target's executable, although its arguments are numbers.
    private static bool HasText(Signature row)
    {
        foreach (Role role in row.Roles)
        {
            if (IsText(role))
                return true;
        }

        foreach (Operation operation in row.Operations)
        {
            if (operation == Operation.Kill)
                return true;
        }

        return false;
    }

    // A descriptor is text by the name of its file; what can't be read might be any text.
    private static bool IsText(Role role) => role is
        Role.Path or Role.PathNoFollow or Role.Text or Role.FileSystemType or Role.Argv
        or Role.InData or Role.InVector or Role.InMessage or Role.InMessages or Role.SockAddr
        or Role.FileFd or Role.ReadFd or Role.WriteFd or Role.SocketFd
        or Role.Opaque;

    /// <summary>The words of a row, put together when first asked for: most runs never do.</summary>
    private sealed class Vocabulary(Signature row) : IReadOnlyList<string>
    {
        private List<string>? _words;

        public int Count => Words.Count;

        public string this[int index] => Words[index];

        private List<string> Words => _words ??= MakeWords();

        public IEnumerator<string> GetEnumerator() => Words.GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

        private List<string> MakeWords()
        {
            List<string> words = [];
            foreach (Role role in row.Roles)
                words.AddRange(Flags.WordsOf(role));
            foreach (Operation operation in row.Operations)
            {
                // fork and vfork have no flags; what reaches into others without ptrace's requests is named after the call.
                if (operation == Operation.Fork)
                    words.AddRange(CloneKind.Words);
                if (operation == Operation.Ptrace)
                    words.Add(row.Name);
            }

            return words;
        }
    }
}
