using Sandgate.Core.Trap;
using Sandgate.Linux.Decode;

namespace Sandgate.Linux.Enforce;

/// <summary>
/// Knows which calls the supervisor does itself when a rule restricts them by what stands in memory,
/// and how. Belongs to one decoder: what it yields acts on what that decoder read and holds.
/// </summary>
internal sealed class Emulator(ArgumentReader reader, Escort? escort, FileHashes hashes)
{
    /// <summary>True when a call of this name is emulated, verified or refused wherever memory decides about it.</summary>
    public static bool Knows(string syscall) => IsVerified(syscall);

    /// <summary>True when the kernel does the call and the supervisor looks at what it did.</summary>
    public static bool IsVerified(string syscall) => syscall is "execve" or "execveat" or "chdir" or "fchdir" or "chroot";

    /// <summary>How the supervisor does the call that was just read; null when the kernel goes on with it, or when it can only fail.</summary>
    public IEmulation? For(Stop stop, Signature signature) =>
        reader.CertainErrno != 0 || escort is null || !Knows(signature.Name) || stop.Number < 0 ? null
        : signature.Name is "execve" or "execveat" ? new ExecVerification(escort, reader.Program!, hashes)
        : new DirectoryVerification(escort, reader.Target!, isRoot: signature.Name == "chroot");
}
