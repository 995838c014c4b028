using System.CommandLine;
using Sandgate.Core.Confine;

namespace Sandgate.Cli.Commands;

/// <summary><c>sandgate diff</c>: what a program wrote under <c>run --overlay</c>, and what becomes of it.</summary>
internal static class DiffCommand
{
    private const string Summary = "Shows, applies or drops what a program wrote under --overlay: sandgate diff DIR";

    private const string Description = $"""
        {Summary}

        Each line is a name: A added, M changed, D removed; ! marks a file that would run with somebody else's
        rights (set-user-ID), which --apply takes from it. The exit status is 0 when nothing was changed, 1 when
        something was, 2 on an error.

        Examples:
          sandgate run --overlay layer -- npm install && sandgate diff layer
          sandgate diff layer --apply
        """;

    /// <summary>The verb with its options.</summary>
    public static Command Create(bool details)
    {
        Argument<string> layer = new("DIR") { Description = "The directory that was given to --overlay." };
        Option<bool> apply = new("--apply") { Description = "Do the same to the files themselves, then remove the layer." };
        Option<bool> drop = new("--drop") { Description = "Remove the layer; the files stay as they are." };
        Option<string> format = Shared.Format();
        Command diff = new("diff", details ? Description : Summary) { layer, apply, drop, format };
        diff.SetAction(parsed =>
        {
            try
            {
                return Run(Path.GetFullPath(parsed.GetValue(layer)!), parsed.GetValue(apply), parsed.GetValue(drop), parsed.GetValue(format) == "json");
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                Messages.Say(failure.Message);
                return 2;
            }
        });
        return diff;
    }

    private static int Run(string layer, bool apply, bool drop, bool json)
    {
        if (apply && drop)
            throw new IOException("--apply and --drop together make no sense");
        IReadOnlyList<LayerChange> changes = Platform.WrittenTo(layer);
        if (apply || drop)
        {
            Platform.EndLayer(layer, apply);
            Messages.Say(apply ? $"{changes.Count} change{(changes.Count == 1 ? "" : "s")} applied" : "the layer is removed; nothing was applied");
            return 0;
        }

        if (json)
            WriteJson(changes);
        else
            Show(changes);
        return changes.Count == 0 ? 0 : 1;
    }

    private static void Show(IReadOnlyList<LayerChange> changes)
    {
        Output output = new();
        foreach (LayerChange change in changes)
        {
            string path = Core.Decode.CallText.Printable(change.Path) + (change.IsDirectory ? "/" : "");
            string line = $"{"AMD"[(int)change.Kind]}{(change.GainsRights ? "!" : " ")} {path}{(change.Length > 0 ? $"  {Quantity.OfBytes(change.Length)}" : "")}";
            output.Line(change.Kind switch { LayerChangeKind.Added => output.Green(line), LayerChangeKind.Removed => output.Red(line), _ => output.Yellow(line) });
        }

        output.Print();
    }

    private static void WriteJson(IReadOnlyList<LayerChange> changes) => Output.Json(writer =>
    {
        writer.WriteStartArray();
        foreach (LayerChange change in changes)
        {
            writer.WriteStartObject();
            writer.WriteString("change", change.Kind switch { LayerChangeKind.Added => "added", LayerChangeKind.Removed => "removed", _ => "changed" });
            writer.WriteString("path", change.Path);
            writer.WriteBoolean("directory", change.IsDirectory);
            writer.WriteNumber("length", change.Length);
            writer.WriteBoolean("gains_rights", change.GainsRights);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    });
}
