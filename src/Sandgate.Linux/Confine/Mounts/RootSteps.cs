using Sandgate.Linux.Decode;
using Sandgate.Linux.Interop;
using Sandgate.Linux.Launch;

namespace Sandgate.Linux.Confine.Mounts;

/// <summary>Steps that turn a directory into a root file system.</summary>
internal static unsafe class RootSteps
{
    private const long S_IFREG_0666 = 0x8000 | 0x1b6;

    private static readonly string[] s_devices = ["null", "zero", "full", "random", "urandom", "tty"];

    /// <summary>Takes hold of the directory, and gives it the devices that every program expects.</summary>
    public static void AddRoot(LaunchPlan plan, string root, bool isMounted)
    {
        if (!isMounted)
            MountSteps.AddBind(plan, root, root);
        if (!Directory.Exists(root + "/dev"))
            return;
        MountSteps.AddEmpty(plan, root + "/dev", "mode=0755,size=64k");
        foreach (string device in s_devices.Where(d => File.Exists("/dev/" + d)))
        {
            string place = $"{root}/dev/{device}";
            plan.Add(StepScope.Child, "make " + place, SyscallNumbers.mknod, (long)plan.Memory.Text(place), S_IFREG_0666, 0);
            MountSteps.AddBind(plan, "/dev/" + device, place);
        }
    }

    /// <summary>Where a program begins in another root: the same directory if it lies in there, else the root itself.</summary>
    public static string DirectoryIn(string root, string directory) =>
        NameIn(root, directory) ?? (Directory.Exists(root + directory) ? directory : "/");

    /// <summary>What a real path is called in another root; null when it doesn't lie in there.</summary>
    public static string? NameIn(string root, string real)
    {
        string top = RealPath.Of(root) ?? root;
        return real == top ? "/" : real.StartsWith(top + "/", StringComparison.Ordinal) ? real[top.Length..] : null;
    }
}
