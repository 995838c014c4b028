using Microsoft.Win32.SafeHandles;
using Sandgate.Core;
using Sandgate.Core.Decode;
using Sandgate.Linux.Enforce;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Decode;

/// <summary>
/// Everything that one execve(2) runs: the file it names; the interpreter of a script or of a foreign binary format,
/// and that one's; the program interpreter that an ELF file names; the program that is given to a dynamic loader.
/// </summary>
internal sealed class ExecChain
{
    // The kernel rewrites an exec at most so often (fs/exec.c).
    private const int MostRewrites = 5;

    private readonly List<HeldObject> _held = [];
    private readonly List<Argument[]> _views = [];
    private readonly List<HeldObject?> _files = [];

    private readonly TargetCredentials _credentials;

    private readonly string? _root;

    private ExecChain(string name, TargetCredentials credentials, string? root) => (Name, _credentials, _root) = (name, credentials, root);

    /// <summary>What the kernel calls the program: the path as it was passed, or a name under /dev/fd.</summary>
    public string Name { get; }

    /// <summary>The path and argv of each program, the one that the call names first.</summary>
    public IEnumerable<Argument[]> Views => _views;

    /// <summary>What the call names.</summary>
    public HeldObject First => _held[0];

    /// <summary>The file that the process will be running; null when there is none.</summary>
    public HeldObject? Final { get; private set; }

    /// <summary>The program interpreter that the kernel loads beside it; null when it names none.</summary>
    public HeldObject? Loader { get; private set; }

    /// <summary>The argv that the process will see.</summary>
    public IReadOnlyList<Argument> FinalArguments { get; private set; } = [];

    /// <summary>True when the kernel runs the named file itself.</summary>
    public bool IsDirect { get; private set; } = true;

    /// <summary>True when only the kernel may read the last of the files: what that is, and whether it runs another, shows when it runs.</summary>
    public bool IsUnreadable { get; private set; }

    /// <summary>Counts what can't be known yet as a program of its own, which no rule can tell from what it refuses.</summary>
    public void AddUnknown()
    {
        if (IsUnreadable)
            AddView(Argument.Unreadable, FinalArguments);
    }

    /// <summary>The argv of the call itself.</summary>
    public IReadOnlyList<Argument> Arguments { get; private init; } = [];

    /// <summary>Finds out.</summary>
    /// <param name="threadId">The thread that calls, or has called.</param>
    /// <param name="credentials">Whose rights count on the way.</param>
    /// <param name="first">What the call names.</param>
    /// <param name="name">What the kernel calls it.</param>
    /// <param name="arguments">argv.</param>
    /// <param name="root">The real path of the root directory that the thread is going to have; null for the one it has.</param>
    public static ExecChain Read(int threadId, TargetCredentials credentials, HeldObject first, string name, IReadOnlyList<Argument> arguments, string? root = null)
    {
        ExecChain chain = new(name, credentials, root) { Arguments = arguments };
        chain.Add(first, arguments);
        HeldObject current = first;

        // An empty argv is given one empty element (from 5.18 on).
        List<Argument> argv = arguments.Count == 0 ? [Argument.FromText("")] : [.. arguments];
        for (int depth = 0; ; depth++)
        {
            byte[]? beginning = chain.Open(current, out SafeFileHandle? file);
            using (file)
            {
                if (beginning is null || depth > MostRewrites)
                    break;
                if (BinaryFormats.HandlerOf(beginning, name) is { } handler)
                {
                    argv = handler.KeepsName ? [Text(handler.Interpreter), Argument.FromText(name), .. argv] : [Text(handler.Interpreter), Argument.FromText(name), .. argv.Skip(1)];
                    name = TargetText.FromBytes(handler.Interpreter);
                    current = chain.Find(threadId, handler.Interpreter, argv);
                }
                else if (ScriptLine.Read(beginning) is { } line)
                {
                    argv = [Text(line.Interpreter), .. line.Argument is { } one ? [Text(one)] : (Argument[])[], Argument.FromText(name), .. argv.Skip(1)];
                    name = TargetText.FromBytes(line.Interpreter);
                    current = chain.Find(threadId, line.Interpreter, argv);
                }
                else
                {
                    chain.AddLoading(threadId, file!, beginning, current, argv);
                    break;
                }
            }

            chain.IsDirect = false;
        }

        chain.Final = current;
        chain.FinalArguments = argv;
        return chain;
    }

    private static Argument Text(byte[] text) => Argument.FromText(TargetText.FromBytes(text));

    // The beginning as the kernel looks at it; null when the kernel can't run this, or only it may read it.
    private byte[]? Open(HeldObject current, out SafeFileHandle? file)
    {
        file = current.OpenPlain(out bool unreadable);
        IsUnreadable = unreadable;
        return file is null ? null : ProgramFile.Beginning(file);
    }

    private void AddLoading(int threadId, SafeFileHandle file, byte[] beginning, HeldObject current, List<Argument> argv)
    {
        if (ProgramFile.InterpreterOf(file, beginning) is { } loader)
        {
            Loader = Look(threadId, loader);
            if (!SystemLoaders.Contains(Loader.Identity))
                AddView(Loader.Path, argv, Loader);
        }

        // A loader's argument may be a loader again.
        List<Argument> rest = argv;
        for (int depth = 0; depth <= MostRewrites && SystemLoaders.IsLoader(current) && SystemLoaders.ProgramOf(rest) is { Count: > 0 } program; depth++)
        {
            rest = program;
            if (program[0].Given is not { } path)
            {
                AddView(Argument.Unreadable, program);
                return;
            }

            // A name without a slash is looked for in directories that only the loader knows.
            current = path.Contains('/', StringComparison.Ordinal) ? Look(threadId, TargetText.ToBytes(path)) : new(Argument.FromPath(path, null), null, default);
            AddView(current.Path, program, current);
        }
    }

    private HeldObject Find(int threadId, byte[] path, List<Argument> argv)
    {
        HeldObject found = Look(threadId, path);
        AddView(found.Path, argv, found);
        return found;
    }

    private HeldObject Look(int threadId, byte[] path)
    {
        byte[] ended = [.. path, 0];
        string given = TargetText.FromBytes(path);
        HeldObject held;
        if (path.Length == 0 || path.Length >= Files.PathMax)
            held = new(Argument.FromPath(given, given), null, default);
        else
            HeldObject.Find(threadId, _credentials, Files.AT_FDCWD, ended.AsSpan(0, path.Length), given, followLast: true, out held, _root);
        _held.Add(held);
        return held;
    }

    private void Add(HeldObject held, IReadOnlyList<Argument> argv)
    {
        _held.Add(held);
        AddView(held.Path, argv, held);
    }

    private void AddView(in Argument path, IReadOnlyList<Argument> argv, HeldObject? file = null)
    {
        _views.Add([path, .. argv]);
        _files.Add(file);
    }

    /// <summary>The place among <see cref="Views"/> of what the process will be running; -1 when it has none.</summary>
    public int IndexOfFinal => Final is null ? -1 : _files.IndexOf(Final);

    /// <summary>Gives each view of an exec the hash of its own file, read from the file that is held.</summary>
    public void AddHashes(FileHashes hashes, IList<CallView> views)
    {
        for (int i = 0; i < _files.Count && i < views.Count; i++)
        {
            string? hash = "";
            if (_files[i]?.Handle is { } handle)
                hashes.TryGet((int)handle.DangerousGetHandle(), mayBlock: true, out hash);
            if (hash is not null)
                views[i] = views[i] with { Sha256 = hash };
        }
    }

    /// <summary>Lets go of all of it.</summary>
    public void LetGo()
    {
        foreach (HeldObject held in _held)
            held.LetGo();
    }
}
