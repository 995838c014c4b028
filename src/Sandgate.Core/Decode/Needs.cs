namespace Sandgate.Core.Decode;

/// <summary>What must be read from a stopped program before a call can be judged or recorded. Reading less is faster.</summary>
[Flags]
public enum Needs : uint
{
    /// <summary>Nothing but the call's number and registers.</summary>
    None = 0,

    /// <summary>Paths and other strings, as the program passed them.</summary>
    Strings = 1,

    /// <summary>The real files that paths mean.</summary>
    ResolvedPaths = 2,

    /// <summary>The files behind descriptors.</summary>
    Descriptors = 4,

    /// <summary>All the bytes sent or written, up to the bound for judging.</summary>
    Data = 8,

    /// <summary>The first bytes sent or written, enough to print.</summary>
    DataStart = 16,

    /// <summary>Socket addresses and the peers of sockets.</summary>
    Addresses = 32,

    /// <summary>The view with the kernel's own argument names, wanted by <c>syscall:</c> rules.</summary>
    KernelView = 64,

    /// <summary>Marks a remembered value as found out; it asks for nothing.</summary>
    Known = 128,

    /// <summary>Marks calls that the words in their registers may already decide; it asks for nothing.</summary>
    WordsFirst = 256,

    /// <summary>The argument registers as they are; nothing is read for them.</summary>
    Registers = 1 << 9,

    /// <summary>The process's id, user, and the thread's name.</summary>
    Identity = 1 << 10,

    /// <summary>The file that the process runs.</summary>
    Executable = 1 << 11,

    /// <summary>The file that the process's parent runs.</summary>
    Parent = 1 << 12,

    /// <summary>The process's command line.</summary>
    CommandLine = 1 << 13,

    /// <summary>The process's working directory.</summary>
    Directory = 1 << 14,

    /// <summary>The SHA-256 of the file that the call opens or executes.</summary>
    Hash = 1 << 15,

    /// <summary>The names that addresses are known by.</summary>
    Domains = 1 << 16,

    /// <summary>What paths and addresses mean is kept hold of, because the supervisor will do the call itself on just that.</summary>
    Held = 1 << 17,

    /// <summary>Which names the call gives to what has names already (<see cref="NewName"/>).</summary>
    NewNames = 1 << 18,

    /// <summary>What a printed or recorded call shows.</summary>
    Display = Strings | ResolvedPaths | Descriptors | DataStart | Addresses,

    /// <summary>Everything that a rule on the call's text could look at.</summary>
    Text = Strings | ResolvedPaths | Descriptors | Data | Addresses,

    /// <summary>Everything that is kept in <see cref="CallFacts"/>.</summary>
    Facts = Registers | Identity | Executable | Parent | CommandLine | Directory | Hash | Domains,
}
