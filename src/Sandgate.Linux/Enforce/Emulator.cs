using Sandgate.Core.Decode;
using Sandgate.Core.Trap;
using Sandgate.Linux.Decode;
using Sandgate.Linux.Enforce.Sockets;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Enforce;

/// <summary>
/// Knows which calls the supervisor does itself when a rule restricts them by what stands in memory,
/// and how. Belongs to one decoder: what it yields acts on what that decoder read and holds.
/// </summary>
internal sealed class Emulator(ArgumentReader reader, TargetRoots roots, Action<string>? say)
{
    private readonly OpenEmulation _open = new(reader, roots.Credentials);

    /// <summary>Calls on sockets.</summary>
    public SocketCalls Sockets { get; } = new(reader, roots, say);

    /// <summary>True when a call of this name is emulated or refused wherever memory decides about it.</summary>
    public static bool Knows(string syscall) => SocketCalls.Knows(syscall) || Signatures.Find(syscall) is { Operations: [Operation.Open, ..] };

    /// <summary>How the supervisor does the call that was just read; null when the kernel goes on with it, or when it can only fail.</summary>
    public IEmulation? For(Stop stop, Signature signature) => reader.CertainErrno != 0 || !Knows(signature.Name) ? null : stop.Number switch
    {
        SyscallNumbers.open or SyscallNumbers.openat or SyscallNumbers.openat2 or SyscallNumbers.creat => _open,
        _ when SocketCalls.Knows(signature.Name) => Sockets.For(stop),
        _ => Refusal.ByPermission,
    };
}
