using System.Globalization;
using Sandgate.Core.Confine;
using Sandgate.Linux.Interop;
using Sandgate.Linux.Launch;

namespace Sandgate.Linux.Confine.Mounts;

/// <summary>
/// A directory that takes all that the program writes (overlayfs of the kernel). The file systems below it are seen and stay as they are.
/// </summary>
/// <remarks>
/// In it, <c>0</c>, <c>1</c> and so on each hold what was written to one file system: <c>at</c> names where that one is mounted, <c>upper</c> is
/// the layer, <c>work</c> the kernel's own.
/// In a user namespace the kernel lays nothing over a directory that something is mounted below, and copies nothing up that lies below a directory
/// of another user. There the places that a user writes to have a layer each (<see cref="WrittenByUsers"/>), and all else is read only.
/// </remarks>
/// <param name="layer">The directory.</param>
/// <param name="root">The root file system to lay it over; null for the supervisor's own.</param>
/// <param name="inUserNamespace">True when the program is in a user namespace of its own, as root, too, can be.</param>
internal sealed class OverlayLayer(string layer, string? root, bool inUserNamespace) : IMechanism
{
    private readonly List<string> _covered = [];

    /// <summary>Its name in reports.</summary>
    public const string Mechanism = "overlay";

    /// <inheritdoc/>
    public string Name => Mechanism;

    /// <inheritdoc/>
    public IReadOnlyList<string> Needs { get; } = [FileViewParts.OwnMounts];

    /// <summary>Where the whole of it is mounted.</summary>
    public static string MergedIn(string layer) => layer + "/merged";

    /// <inheritdoc/>
    public Grant Prepare()
    {
        if (layer.AsSpan().ContainsAny(",:\\"))
            return Grant.Unavailable(Name, $"the kernel can't take a name with a comma, a colon or a backslash: {layer}");
        try
        {
            Directory.CreateDirectory(MergedIn(layer));
            _covered.Clear();
            _covered.AddRange(root is not null ? [root] : inUserNamespace ? WrittenByUsers() : MountTable.OfFiles());

            // What is kept from one place would be shown, and applied, in another.
            if (File.Exists(Part(0, "at")) && !LayerChanges.PartsOf(layer).Select(p => p.Place).SequenceEqual(_covered))
                return Grant.Unavailable(Name, $"{layer} is of a run that covered other places; name a new directory, or remove what is kept: sandgate diff {layer} --drop");
            for (int i = 0; i < _covered.Count; i++)
            {
                Directory.CreateDirectory(Part(i, "upper"));
                Directory.CreateDirectory(Part(i, "work"));
                File.WriteAllText(Part(i, "at"), _covered[i] + "\n");
                File.SetUnixFileMode(Part(i, "upper"), File.GetUnixFileMode(_covered[i]) | UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return Grant.Unavailable(Name, failure.Message);
        }

        string where = inUserNamespace && root is null ? $"what it writes in {string.Join(", ", _covered)}" : "what it writes";
        return Grant.Given(Name, $"{where} goes to {layer}; look at it with: sandgate diff {layer}");
    }

    /// <inheritdoc/>
    public void AddSteps(LaunchPlan plan)
    {
        string merged = MergedIn(layer);
        if (inUserNamespace && root is null)
        {
            MountSteps.AddBind(plan, "/", merged);
            MountSteps.SetReadOnly(plan, merged, true);
        }

        for (int i = 0; i < _covered.Count; i++)
        {
            string place = _covered[i], target = root is not null || place == "/" ? merged : merged + place;
            string options = $"lowerdir={place},upperdir={Part(i, "upper")},workdir={Part(i, "work")}{(inUserNamespace ? ",userxattr" : ",redirect_dir=off,metacopy=off")}";
            MountSteps.Mount(plan, $"lay {layer} over {place}", "overlay", target, "overlay", 0, options);
        }

        if (root is not null)
            return;
        foreach (string place in inUserNamespace ? (string[])[] : ["/dev", "/sys"])
            MountSteps.AddBind(plan, place, merged + place);

        // Memory that programs share by name, which is no device and belongs to the run.
        if (Directory.Exists("/dev/shm"))
            MountSteps.AddEmpty(plan, merged + "/dev/shm", "mode=1777");
    }

    // The working directory and what is above it, the home, and where temporary files are made; each before what lies below it.
    private static List<string> WrittenByUsers()
    {
        SortedSet<string> places = new(StringComparer.Ordinal) { "/tmp", "/var/tmp" };
        if (UserPlaces.Home is { } home)
            places.Add(home);
        for (string? above = UserPlaces.CurrentDirectory; above is not null; above = Path.GetDirectoryName(above))
            places.Add(above);
        return [.. places.Where(p => Directory.Exists(p) && IsWritable(p) && !MountTable.HasMountsBelow(p))];
    }

    private static unsafe bool IsWritable(string directory)
    {
        const int W_OK = 2;
        using NativeArena memory = new();

        // SAFETY: the text ends in NUL and lives until the arena is disposed of.
        return Libc.CallBlocking(SyscallNumbers.access, (long)memory.Text(directory), W_OK) == 0;
    }

    private string Part(int index, string name) => string.Create(CultureInfo.InvariantCulture, $"{layer}/{index}/{name}");

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
