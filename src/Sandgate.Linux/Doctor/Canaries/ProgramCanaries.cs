using Sandgate.Linux.Doctor.Trials;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Doctor.Canaries;

/// <summary>Ways to execute a program that may not be executed.</summary>
internal static class ProgramCanaries
{
    private const int AT_EMPTY_PATH = 0x1000, ECHILD = 10;

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Canary> All { get; } =
    [
        new("exec", "execve(2) of a denied program", s => Ran(Execute(s.Program))),
        new("exec-link", "execve(2) by a symbolic link made for it", Linked),
        new("exec-fd", "execveat(2) of an open descriptor", ByDescriptor),
        new("exec-script", "execve(2) of a script whose interpreter is denied", s => Ran(Execute(s.Script))),
    ];

    private static TrialCall Execute(string file) => new(SyscallNumbers.execve, Scene.Text(file), Scene.Texts(file), Scene.Texts());

    private static long Ran(TrialCall execute)
    {
        TrialOutcome tried = TrialChild.Try(execute);
        return tried.ExitStatus == TinyProgram.ExitStatus ? 0 : -(tried.Errno == 0 ? ECHILD : tried.Errno);
    }

    private static long Linked(Scene scene)
    {
        long made = Libc.CallBlocking(SyscallNumbers.symlink, Scene.Text(scene.Program), Scene.Text(scene.Free("program")));
        return made < 0 ? made : Ran(Execute(scene.Free("program")));
    }

    private static long ByDescriptor(Scene scene)
    {
        long opened = Libc.CallBlocking(SyscallNumbers.open, Scene.Text(scene.Program), Files.O_PATH);
        return opened < 0 ? opened : Ran(new(SyscallNumbers.execveat, opened, Scene.Text(""), Scene.Texts("forbidden"), Scene.Texts(), AT_EMPTY_PATH));
    }
}
