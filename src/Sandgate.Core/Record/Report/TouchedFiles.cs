using Sandgate.Core.Decode;

namespace Sandgate.Core.Record.Report;

/// <summary>Which files a program read, wrote and changed, as far as calls were recorded and not refused.</summary>
public sealed class TouchedFiles
{
    /// <summary>Directories of files that were opened for reading.</summary>
    public Ranking ReadIn { get; } = new();

    /// <summary>Directories of files that were written, made, moved, deleted or changed.</summary>
    public Ranking WrittenIn { get; } = new();

    /// <summary>Files that were written, made, moved, deleted or changed.</summary>
    public Ranking Written { get; } = new();

    internal void Add(CallView view)
    {
        switch (view.Operation)
        {
            case Operation.Open when view.Arguments is [_, { Given: { } mode }, ..] && mode is not (['w', ..] or ['r', 'w', ..]):
                if (NameOf(view.Arguments[0]) is { } read)
                    ReadIn.Add(DirectoryOf(read));
                break;
            case Operation.Open or Operation.Truncate or Operation.Delete or Operation.Mkdir or Operation.Mknod or Operation.Chmod or Operation.Chown or Operation.Utime or Operation.Xattr:
                Change(NameOf(view.Arguments[0]));
                break;
            case Operation.Rename:
                foreach (Argument argument in view.Arguments)
                    Change(NameOf(argument));
                break;
            case Operation.Link or Operation.Symlink when view.Arguments.Length > 1:
                Change(NameOf(view.Arguments[1]));
                break;
        }
    }

    private static string? NameOf(in Argument argument) => argument.Resolved ?? argument.Given;

    private void Change(string? file)
    {
        if (file is null)
            return;
        Written.Add(file);
        WrittenIn.Add(DirectoryOf(file));
    }

    private static string DirectoryOf(string file) => file.LastIndexOf('/') switch
    {
        < 0 => "(no path)",
        0 => "/",
        var slash => file[..slash],
    };
}
