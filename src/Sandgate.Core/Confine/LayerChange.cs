namespace Sandgate.Core.Confine;

/// <summary>What a program did to one name.</summary>
public enum LayerChangeKind
{
    /// <summary>There was none of that name.</summary>
    Added,

    /// <summary>It is something else now, or has other contents or attributes.</summary>
    Changed,

    /// <summary>It is gone.</summary>
    Removed,
}

/// <summary>One name that an overlay's layer holds.</summary>
/// <param name="Kind">What was done to it.</param>
/// <param name="Path">Where it would be.</param>
/// <param name="InLayer">Where it is kept.</param>
/// <param name="IsDirectory">True for a directory.</param>
/// <param name="Length">The file's length in bytes.</param>
/// <param name="GainsRights">True for a file that runs with its owner's or group's rights (set-user-ID, set-group-ID).</param>
public sealed record LayerChange(LayerChangeKind Kind, string Path, string InLayer, bool IsDirectory, long Length, bool GainsRights);
