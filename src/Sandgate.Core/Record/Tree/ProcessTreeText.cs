using System.Globalization;
using System.Text;
using Sandgate.Core.Decode;

namespace Sandgate.Core.Record.Tree;

/// <summary>A process tree for people: indented, one process a line.</summary>
public static class ProcessTreeText
{
    private const string Red = "\e[31m", Dim = "\e[2m", Plain = "\e[0m";

    /// <summary>Every process with its line, in the order of the tree.</summary>
    public static IEnumerable<string> Lines(ProcessTree tree, bool colour)
    {
        foreach ((ProcessNode node, string indent) in Walk(tree))
            yield return $"{(colour ? Dim : "")}{indent}{(colour ? Plain : "")}{Line(node, colour)}\n";
    }

    /// <summary>Every process with the strokes that lead to it. A program can nest its processes as deep as it likes.</summary>
    public static IEnumerable<(ProcessNode Node, string Indent)> Walk(ProcessTree tree)
    {
        Stack<(ProcessNode Node, string Own, string Below)> open = new();
        Push(open, tree.Roots, "", isRoot: true);
        while (open.TryPop(out (ProcessNode Node, string Own, string Below) next))
        {
            yield return (next.Node, next.Own);
            Push(open, next.Node.Children, next.Below, isRoot: false);
        }
    }

    private static void Push(Stack<(ProcessNode Node, string Own, string Below)> open, List<ProcessNode> nodes, string before, bool isRoot)
    {
        const int Deepest = 120;
        string shown = before.Length > Deepest ? before[..Deepest] : before;
        for (int i = nodes.Count - 1; i >= 0; i--)
        {
            bool last = i == nodes.Count - 1;
            open.Push(isRoot ? (nodes[i], "", "") : (nodes[i], shown + (last ? "└─ " : "├─ "), shown + (last ? "   " : "│  ")));
        }
    }

    private static string Line(ProcessNode node, bool colour)
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"{node.ProcessId} {CallText.Printable(node.Executable ?? node.Name)}");
        if (node.CommandLine is { Length: > 0 } line)
            text.Append("  ").Append(colour ? Dim : "").Append(CallText.Printable(Shortened(line))).Append(colour ? Plain : "");
        text.Append("  ").Append(Amounts.Count(node.Calls, "call"));
        if (node.Denials > 0)
            text.Append(", ").Append(colour ? Red : "").Append(Amounts.Count(node.Denials)).Append(" denied").Append(colour ? Plain : "");
        text.Append(CultureInfo.InvariantCulture, $", {node.Start:HH:mm:ss.fff}–{(node.End ?? node.Last):HH:mm:ss.fff}");
        if (node.Ended?.Status is { } status)
            text.Append(CultureInfo.InvariantCulture, $", status {status}");
        if (node.Ended?.Cpu is { } cpu)
            text.Append(", cpu ").Append(Amounts.Time(cpu));
        if (node.Ended?.PeakMemory is { } peak)
            text.Append(", peak ").Append(Amounts.Bytes(peak));
        return text.ToString();
    }

    private static string Shortened(string line) => line.Length <= 100 ? line : line[..99] + "…";
}
