using System.Text.Json;

namespace Sandgate.Core.Record.Tree;

/// <summary>A process tree for programs: a flat list, because a nested one could be deeper than readers of JSON go. <c>depth</c> and <c>ppid</c> say what is whose child.</summary>
public static class ProcessTreeJson
{
    /// <summary>Writes the processes in the order of the tree, as an array.</summary>
    public static void Write(Utf8JsonWriter json, ProcessTree tree)
    {
        json.WriteStartArray();
        Stack<(ProcessNode Node, int Depth)> open = new(Enumerable.Reverse(tree.Roots).Select(r => (r, 0)));
        while (open.TryPop(out (ProcessNode Node, int Depth) next))
        {
            Write(json, next.Node, next.Depth);
            for (int i = next.Node.Children.Count - 1; i >= 0; i--)
                open.Push((next.Node.Children[i], next.Depth + 1));
        }

        json.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter json, ProcessNode node, int depth)
    {
        json.WriteStartObject();
        json.WriteNumber("pid", node.ProcessId);
        json.WriteNumber("ppid", node.ParentId);
        json.WriteNumber("depth", depth);
        EventJson.WriteText(json, "comm", node.Name);
        EventJson.WriteText(json, "exe", node.Executable);
        EventJson.WriteText(json, "cmdline", node.CommandLine);
        json.WriteString("start", node.Start);
        json.WriteString("last", node.Last);
        if (node.End is { } end)
            json.WriteString("end", end);
        if (node.Ended?.Status is { } status)
            json.WriteNumber("status", status);
        if (node.Ended?.Cpu is { } cpu)
            json.WriteNumber("cpu_seconds", Math.Round(cpu.TotalSeconds, 3));
        if (node.Ended?.PeakMemory is { } peak)
            json.WriteNumber("peak_memory", peak);
        json.WriteNumber("calls", node.Calls);
        json.WriteNumber("denied", node.Denials);
        json.WriteEndObject();
    }
}
