using Sandgate.Core;
using Sandgate.Core.Decode;
using Sandgate.Core.Trap;

namespace Sandgate.Linux.Decode;

/// <summary>Reads what rules want to know of a call beyond its arguments: who makes it, registers, file contents.</summary>
internal sealed class FactReader(FileHashes hashes)
{
    /// <summary>The facts; null when only a thread that may wait can tell.</summary>
    /// <param name="stop">The stopped thread.</param>
    /// <param name="signature">Its call.</param>
    /// <param name="needs">What to read.</param>
    /// <param name="main">The call's main view, its paths resolved if the hash is wanted.</param>
    /// <param name="mayBlock">Whether this thread may wait.</param>
    public CallFacts? Read(Stop stop, Signature signature, Needs needs, CallView main, bool mayBlock)
    {
        bool Wants(Needs one) => (needs & one) != 0;
        string? hash = null;
        if (Wants(Needs.Hash) && !TryHash(main, mayBlock, out hash))
            return null;
        int thread = stop.ThreadId;
        int? process = Wants(Needs.Identity) && ProcessFacts.ProcessOf(thread) is > 0 and var id ? id : null;
        return new CallFacts
        {
            ProcessId = process,
            UserId = Wants(Needs.Identity) ? ProcessFacts.UserOf(thread) : null,
            Name = Wants(Needs.Identity) ? ProcessFacts.NameOf(thread) : null,
            Executable = Wants(Needs.Executable) ? ProcessFacts.ExecutableOf(thread) : null,
            ParentExecutable = Wants(Needs.Parent) ? ProcessFacts.ExecutableOf(ProcessFacts.ParentOf(thread)) : null,
            CommandLine = Wants(Needs.CommandLine) ? ProcessFacts.CommandLineOf(thread) : null,
            WorkingDirectory = Wants(Needs.Directory) ? ProcessFacts.DirectoryOf(thread) : null,
            Registers = Wants(Needs.Registers) ? RegistersOf(stop, signature) : null,
            DescriptorRegister = DescriptorOf(signature),
            Sha256 = hash,

            // That one the filter lets pass, and FirstExec judges.
            IsLaunch = false,
        };
    }

    /// <summary>Everything that is known of a process itself.</summary>
    public static CallFacts OfProcess(int process) => new()
    {
        ProcessId = process,
        UserId = ProcessFacts.UserOf(process),
        Name = ProcessFacts.NameOf(process),
        Executable = ProcessFacts.ExecutableOf(process),
        ParentExecutable = ProcessFacts.ExecutableOf(ProcessFacts.ParentOf(process)),
        CommandLine = ProcessFacts.CommandLineOf(process),
        WorkingDirectory = ProcessFacts.DirectoryOf(process),
        IsLaunch = false,
    };

    // A file that isn't there yet has no contents, and one that is no plain file none that could be compared.
    private bool TryHash(CallView main, bool mayBlock, out string? hash)
    {
        hash = "";
        if (main.Operation is not (Operation.Open or Operation.Exec) || main.Arguments is not [var file, ..])
            return true;
        if (file.Resolved is { } path)
            return hashes.TryGet(path, mayBlock, out hash);
        hash = null;
        return true;
    }

    private static ulong[] RegistersOf(Stop stop, Signature signature)
    {
        ulong[] registers = new ulong[6];
        for (int i = 0; i < registers.Length; i++)
            registers[i] = signature.Seen(i, stop.Register(i));
        return registers;
    }

    private static int DescriptorOf(Signature signature)
    {
        for (int i = 0; i < signature.Roles.Length; i++)
        {
            if (signature.Roles[i] is Role.Fd or Role.FileFd or Role.ReadFd or Role.WriteFd or Role.SocketFd or Role.PidFd)
                return i;
        }

        return -1;
    }
}
