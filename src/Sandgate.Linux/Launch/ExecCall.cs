using Sandgate.Linux.Interop;
using Sandgate.Linux.Trap;

namespace Sandgate.Linux.Launch;

/// <summary>
/// The execve that starts the program, and how the filter tells it from the program's own: by a
/// secret in the sixth register, which execve doesn't use, or, where libc makes the call and the
/// register can't be set, by the addresses of its two arrays, which lie at random places.
/// </summary>
/// <param name="File">The address of the file's name.</param>
/// <param name="Arguments">The address of argv.</param>
/// <param name="Environment">The address of envp.</param>
/// <param name="Cookie">The secret.</param>
internal sealed record ExecCall(long File, long Arguments, long Environment, long Cookie)
{
    /// <summary>The filter's cases that let this call pass, and no other that could be guessed.</summary>
    public FilterCase[] Passes =>
    [
        new([.. ArgumentTest.IsWhole(5, (ulong)Cookie)], FilterAction.Allow),
        new([.. ArgumentTest.IsWhole(1, (ulong)Arguments), .. ArgumentTest.IsWhole(2, (ulong)Environment)], FilterAction.Allow),
    ];

    /// <summary>Makes the call ready.</summary>
    /// <param name="memory">Where its strings live.</param>
    /// <param name="file">The file to execute.</param>
    /// <param name="arguments">argv.</param>
    /// <param name="environment">The environment.</param>
    public static unsafe ExecCall Prepare(NativeArena memory, byte[] file, IReadOnlyList<byte[]> arguments, IReadOnlyList<byte[]> environment) =>
        new((long)memory.Text(file), (long)memory.Texts(arguments, scattered: true), (long)memory.Texts(environment, scattered: true), RandomNumber.Draw());
}
