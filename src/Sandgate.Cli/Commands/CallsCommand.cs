using System.CommandLine;
using System.Text.Json;
using Sandgate.Core;
using Sandgate.Core.Decide.Fields;
using Sandgate.Core.Decide.Language;
using Sandgate.Core.Decode;

namespace Sandgate.Cli.Commands;

/// <summary><c>sandgate calls</c>: the catalogue of what rules can name.</summary>
internal static class CallsCommand
{
    private const string Summary = "Lists the operations, fields and system calls that rules can name: sandgate calls [NAME]";

    private const string Description = $"""
        {Summary}

        Examples:
          sandgate calls
          sandgate calls connect
          sandgate calls mmap --format json
        """;

    /// <summary>The verb with its options.</summary>
    public static Command Create(bool details)
    {
        Argument<string?> name = new("NAME") { Description = "An operation or a system call.", Arity = ArgumentArity.ZeroOrOne };
        Option<string> format = Shared.Format();
        Command calls = new("calls", details ? Description : Summary) { name, format };
        calls.SetAction(parsed => List(parsed.GetValue(name), parsed.GetValue(format) == "json"));
        return calls;
    }

    private static int List(string? name, bool json)
    {
        ICatalogue catalogue = Platform.Catalogue();
        if (name is null)
        {
            if (json)
                Output.Json(writer => WriteAll(writer, catalogue));
            else
                PrintAll(catalogue);
            return 0;
        }

        string plain = name.StartsWith("syscall:", StringComparison.Ordinal) ? name["syscall:".Length..] : name;
        OperationInfo? family = name == plain ? Operations.Find(name) : null;
        int number = NumberOf(catalogue, plain);
        if (family is null && number < 0)
        {
            IEnumerable<string> known = [.. Operations.All.Select(o => o.Name), .. catalogue.Syscalls.Select(s => s.Name)];
            Messages.Say($"there is no operation or system call '{name}'{(Suggestion.For(name, known) is { } like ? "; " + like : "")}");
            return 1;
        }

        if (json)
            Output.Json(writer => { if (family is not null) WriteFamily(writer, family, catalogue); else WriteCall(writer, number, catalogue); });
        else
        {
            Output output = new();
            if (family is not null)
                PrintFamily(output, family, catalogue);
            if (number >= 0)
                PrintCall(output, number, catalogue, family is null ? "" : "syscall:");
            output.Print();
        }

        return 0;
    }

    private static int NumberOf(ICatalogue catalogue, string name)
    {
        for (int number = 0; number < catalogue.Count; number++)
        {
            if (catalogue.ShapeOf(number)?.Name == name)
                return number;
        }

        return -1;
    }

    private static string ArgumentsOf(OperationInfo family) => string.Join(", ", family.Arguments.Select(a => a.Name)) + (family.Rest ? "…" : "");

    private static IEnumerable<string> SyscallsOf(OperationInfo family, ICatalogue catalogue) =>
        catalogue.Syscalls.Where(s => s.Operations.Contains(family.Operation)).Select(s => s.Name);

    private static IEnumerable<string> FieldsOf(OperationInfo family) =>
        FieldCatalogue.All.Where(f => (FieldReader.IsArgument(f.Field) || f.Field is Field.Sha256 or Field.Launch) && FieldReader.Has(family, f.Field)).Select(f => f.Name);

    private static void PrintAll(ICatalogue catalogue)
    {
        Output output = new();
        output.Line(output.Bold("operations") + "  (a rule on one covers all its system calls)");
        foreach (OperationInfo family in Operations.All)
            output.Line($"  {family.Name,-12}{"(" + ArgumentsOf(family) + ")",-26}{output.Dim(string.Join(' ', SyscallsOf(family, catalogue)))}");
        output.Line();
        output.Line(output.Bold("fields") + "  (for rule_table, expressions and scripts)");
        foreach (FieldInfo field in FieldCatalogue.All)
            output.Line($"  {field.Name,-12}{field.Help}");
        output.Line();
        output.Line(output.Bold("system calls without a family"));
        string line = " ";
        foreach (string name in catalogue.Syscalls.Where(s => s.Operations.Length == 0).Select(s => s.Name).Order(StringComparer.Ordinal))
        {
            if (line.Length + name.Length > 100)
            {
                output.Line(line);
                line = " ";
            }

            line += " " + name;
        }

        output.Line(line);
        output.Line();
        output.Line("'sandgate calls NAME' says more of one.");
        output.Print();
    }

    private static void PrintFamily(Output output, OperationInfo family, ICatalogue catalogue)
    {
        output.Line($"{output.Bold(family.Name)}({ArgumentsOf(family)})");
        foreach (OperationArgument argument in family.Arguments)
            output.Line($"  {argument.Name,-14}{WordFor(argument.Kind)}");
        output.Line($"  fields        {string.Join(", ", FieldsOf(family))}");
        output.Line($"  system calls  {string.Join(' ', SyscallsOf(family, catalogue))}");
        output.Line($"  every field   {string.Join(", ", FieldCatalogue.All.Where(f => !FieldReader.IsArgument(f.Field) && f.Field is not (Field.Sha256 or Field.Launch)).Select(f => f.Name))}");
    }

    private static void PrintCall(Output output, int number, ICatalogue catalogue, string prefix)
    {
        SyscallShape shape = catalogue.ShapeOf(number)!;
        output.Line($"{output.Bold(prefix + shape.Name)}  system call {number}");
        output.Line($"  families      {(shape.Operations.Length == 0 ? "none" : string.Join(", ", shape.Operations.Select(o => Operations.Of(o)!.Name)))}");
        foreach (SyscallArgument argument in catalogue.ArgumentsOf(number))
            output.Line($"  {argument.Name,-14}{argument.Meaning}");
    }

    private static string WordFor(ArgumentKind kind) => kind switch
    {
        ArgumentKind.Path => "a path, as given and as the real file",
        ArgumentKind.Descriptor => "the name of the file behind a descriptor",
        ArgumentKind.Address => "a socket's address",
        ArgumentKind.Number => "a number",
        ArgumentKind.Data => "bytes",
        ArgumentKind.Word => "a word that stands for a register's value",
        _ => "text",
    };

    private static void WriteAll(Utf8JsonWriter json, ICatalogue catalogue)
    {
        json.WriteStartObject();
        json.WriteStartArray("operations");
        foreach (OperationInfo family in Operations.All)
            WriteFamily(json, family, catalogue);
        json.WriteEndArray();
        json.WriteStartArray("fields");
        foreach (FieldInfo field in FieldCatalogue.All)
        {
            json.WriteStartObject();
            json.WriteString("name", field.Name);
            json.WriteString("kind", Lower(field.Kind.ToString()));
            json.WriteString("help", field.Help);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("syscalls");
        for (int number = 0; number < catalogue.Count; number++)
        {
            if (catalogue.ShapeOf(number) is not null)
                WriteCall(json, number, catalogue);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteFamily(Utf8JsonWriter json, OperationInfo family, ICatalogue catalogue)
    {
        json.WriteStartObject();
        json.WriteString("operation", family.Name);
        json.WriteStartArray("arguments");
        foreach (OperationArgument argument in family.Arguments)
        {
            json.WriteStartObject();
            json.WriteString("name", argument.Name);
            json.WriteString("kind", Lower(argument.Kind.ToString()));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        WriteNames(json, "fields", FieldsOf(family));
        WriteNames(json, "syscalls", SyscallsOf(family, catalogue));
        json.WriteEndObject();
    }

    private static void WriteCall(Utf8JsonWriter json, int number, ICatalogue catalogue)
    {
        SyscallShape shape = catalogue.ShapeOf(number)!;
        json.WriteStartObject();
        json.WriteString("syscall", shape.Name);
        json.WriteNumber("number", number);
        WriteNames(json, "operations", shape.Operations.Select(o => Operations.Of(o)!.Name));
        json.WriteStartArray("arguments");
        foreach (SyscallArgument argument in catalogue.ArgumentsOf(number))
        {
            json.WriteStartObject();
            json.WriteString("name", argument.Name);
            json.WriteString("meaning", argument.Meaning);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteNames(Utf8JsonWriter json, string property, IEnumerable<string> names)
    {
        json.WriteStartArray(property);
        foreach (string name in names)
            json.WriteStringValue(name);
        json.WriteEndArray();
    }

    private static string Lower(string word) => char.ToLowerInvariant(word[0]) + word[1..];
}
