using System.Globalization;
using Sandgate.Core;
using Sandgate.Core.Decide;
using Sandgate.Core.Decode;
using Sandgate.Linux.Decode;

namespace Sandgate.Linux.Enforce;

/// <summary>
/// Judges what runs where only the kernel could read the file that was executed: nobody knew beforehand whether it is a script, and whose. Now it shows.
/// </summary>
internal static class ExecObservation
{
    /// <summary>Null when it is allowed, else why it isn't.</summary>
    /// <param name="image">What runs.</param>
    /// <param name="chain">What was known before.</param>
    /// <param name="isAllowed">Judges the programs of a call.</param>
    public static string? WhyNot(ExecutedImage image, ExecChain chain, Func<CallView[], bool> isAllowed)
    {
        if (image.CommandLine is null || image.Mappings is null || HeldObject.FindExecuted(image.Process) is not { } runs)
            return "what it runs can't be told";
        try
        {
            List<string> files = [runs.Path.Resolved!];
            foreach ((ulong Device, ulong Inode) loader in image.Mappings.Where(m => !IsExpected(m, runs, image)))
            {
                if (MappedFile.NameOf(image.Process, loader) is not { } name)
                    return string.Create(CultureInfo.InvariantCulture, $"another program was loaded with it (inode {loader.Inode})");
                files.Add(name);
            }

            IEnumerable<Argument[]> found = files.Select(f => (Argument[])[Argument.FromPath(f, f), .. image.Arguments.Select(Argument.FromText)]);
            return isAllowed([.. chain.Views.Concat(found).Select(v => new CallView(Operation.Exec, "exec", v))]) ? null : $"it runs {string.Join(" with ", files)}";
        }
        finally
        {
            runs.LetGo();
        }
    }

    private static bool IsExpected((ulong Device, ulong Inode) mapped, HeldObject runs, ExecutedImage image) =>
        mapped == image.Program || mapped == (MappedFile.Device(runs.Identity), runs.Identity.Inode) || SystemLoaders.AreMappedAs(mapped);
}
