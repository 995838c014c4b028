using System.Globalization;
using System.Net;
using Sandgate.Core.Decode;

namespace Sandgate.Core.Decide.Fields;

/// <summary>Finds the value of a field in a call.</summary>
public static class FieldReader
{
    /// <summary>What must be read so that a field is known, for calls of an operation.</summary>
    /// <param name="field">The field.</param>
    /// <param name="operation">The family; null for the kernel's own view.</param>
    public static Needs NeedsOf(Field field, OperationInfo? operation)
    {
        Needs own = FieldCatalogue.Of(field).Needs;
        if (!IsArgument(field))
            return own;
        if (operation is null)
            return field is Field.Path or Field.Path2 or Field.Mode ? Needs.Text : own;
        return PositionOf(operation, field) switch
        {
            < 0 => Needs.None,
            var position when field is Field.Path or Field.Path2 or Field.Mode => NeedsOf(operation.KindAt(position)),
            _ => own,
        };
    }

    private static Needs NeedsOf(ArgumentKind kind) => kind switch
    {
        ArgumentKind.Path => Needs.Strings | Needs.ResolvedPaths,
        ArgumentKind.Descriptor => Needs.Descriptors,
        _ => Needs.None,
    };

    /// <summary>True when calls of this operation have the field.</summary>
    public static bool Has(OperationInfo operation, Field field) => field switch
    {
        Field.Sha256 => operation.Operation is Operation.Open or Operation.Exec,
        Field.Launch => operation.Operation is Operation.Exec,
        _ => !IsArgument(field) || PositionOf(operation, field) >= 0,
    };

    /// <summary>True when the field is one of the operation's own arguments, or made of one.</summary>
    public static bool IsArgument(Field field) =>
        field is Field.Path or Field.Path2 or Field.Mode or Field.Data or Field.Size or Field.Address or Field.Host or Field.Port or Field.Domain;

    /// <summary>
    /// The argument that a field stands for: the path, the mode, the data, the address. False when the view has no such argument.
    /// </summary>
    public static bool TryFind(CallView view, Field field, out Argument argument)
    {
        int position = Operations.Of(view.Operation) is { } operation ? PositionOf(operation, field) : PositionIn(view, field);
        if ((uint)position < (uint)view.Arguments.Length)
        {
            argument = view.Arguments[position];
            return true;
        }

        // Where reading broke off, nobody knows what follows.
        argument = Argument.Unreadable;
        return position >= 0 && view.Arguments is [.., { Kind: ArgumentKind.Unreadable }];
    }

    /// <summary>The value of a field, with paths in one of their forms.</summary>
    public static FieldValue ValueOf(Call call, CallView view, Field field, PathForm form)
    {
        CallFacts? facts = call.Facts;
        switch (field)
        {
            case Field.Call: return FieldValue.Of(CallText.Render(view, form));
            case Field.Operation: return FieldValue.Of(view.Name);
            case Field.Syscall: return FieldValue.Of(call.Syscall);
            case Field.Exe: return Fact(facts?.Executable);
            case Field.ParentExe: return Fact(facts?.ParentExecutable);
            case Field.Comm: return Fact(facts?.Name);
            case Field.Cmdline: return Fact(facts?.CommandLine);
            case Field.Cwd: return Fact(facts?.WorkingDirectory);
            case Field.Sha256: return view.Operation is Operation.Open or Operation.Exec ? Fact(view.Sha256 ?? facts?.Sha256) : FieldValue.Absent;
            case Field.Launch when view.Operation is not (Operation.Exec or Operation.Syscall): return FieldValue.Absent;
            case Field.Launch: return facts?.IsLaunch is { } launch ? FieldValue.Of(launch ? "true" : "false") : FieldValue.Unknown;
            case Field.Pid: return facts?.ProcessId is { } pid ? FieldValue.Of(pid) : FieldValue.Unknown;
            case Field.Uid: return facts?.UserId is { } uid ? FieldValue.Of(uid) : FieldValue.Unknown;
            case Field.Domain when view.Operation == Operation.Write && facts is { Domains: null }: return FieldValue.Unknown;
            case Field.Domain: return TryFind(view, Field.Address, out _) || facts?.Domains is { Count: > 0 } ? Names(facts?.Domains) : FieldValue.Absent;
            case Field.Fd:
                return facts?.Registers is not { } used ? FieldValue.Unknown
                    : facts.DescriptorRegister >= 0 ? FieldValue.Of((int)used[facts.DescriptorRegister]) : FieldValue.Absent;
            case >= Field.Arg0 and <= Field.Arg5:
                return facts?.Registers is { } registers ? FieldValue.Of(registers[field - Field.Arg0]) : FieldValue.Unknown;
            case >= Field.Verdict:
                return facts?.Recorded is { } recorded ? RecordedFields.ValueOf(recorded, field) : FieldValue.Absent;
        }

        Field argumentField = field switch { Field.Size => Field.Data, Field.Host or Field.Port => Field.Address, _ => field };
        return TryFind(view, argumentField, out Argument argument) ? ValueOf(in argument, field, form) : FieldValue.Absent;
    }

    private static FieldValue ValueOf(in Argument argument, Field field, PathForm form)
    {
        if (argument.Kind is ArgumentKind.Unreadable or ArgumentKind.Address)
            return FieldValue.Unknown;
        if (field == Field.Size)
            return FieldValue.Of(argument.Number);
        string? text = form switch
        {
            PathForm.Given => argument.Given,
            PathForm.Entry => argument.Entry ?? argument.Resolved,
            _ => argument.Resolved,
        };
        if (text is null)
            return FieldValue.Unknown;
        if (field is not (Field.Host or Field.Port))
            return argument.Kind == ArgumentKind.Number ? FieldValue.Of(argument.Number) : FieldValue.Of(text, argument.IsPartial);
        int colon = text.LastIndexOf(':');
        if (!TryHost(text, out IPAddress? host) || colon < 0)
            return FieldValue.Absent;
        if (field == Field.Host)
            return FieldValue.Of(host.ToString());

        // The kernel's addresses end in a number; one that a person writes for a test may end in anything.
        return ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out ushort port) ? FieldValue.Of(port) : FieldValue.Absent;
    }

    /// <summary>The internet address in <c>1.2.3.4:443</c>, <c>[::1]:53</c> or without a port; false for any other kind of address.</summary>
    public static bool TryHost(string address, out IPAddress host)
    {
        host = IPAddress.None;
        ReadOnlySpan<char> text = address;
        if (text is ['[', ..] && text.IndexOf(']') is > 0 and var end)
            text = text[1..end];
        else if (text.LastIndexOf(':') is >= 0 and var colon && text.IndexOf(':') == colon)
            text = text[..colon];
        return (char.IsAsciiHexDigit(text.IsEmpty ? ' ' : text[0]) || text.StartsWith("::")) && IPAddress.TryParse(text, out host!);
    }

    private static FieldValue Fact(string? fact) => fact switch
    {
        null => FieldValue.Unknown,
        "" => FieldValue.Absent,
        _ => FieldValue.Of(fact),
    };

    // For scripts, which see one name; conditions look at all of them.
    private static FieldValue Names(IReadOnlyList<string>? names) => names switch
    {
        null => FieldValue.Unknown,
        [] => FieldValue.Absent,
        _ => FieldValue.Of(names[0]),
    };

    /// <summary>The position of the argument that a field stands for; -1 when the operation has none.</summary>
    internal static int PositionOf(OperationInfo operation, Field field)
    {
        int second = field == Field.Path2 ? 1 : 0;
        for (int i = 0; i < operation.Arguments.Length; i++)
        {
            OperationArgument argument = operation.Arguments[i];
            bool found = field switch
            {
                Field.Path => argument.Kind is ArgumentKind.Path or ArgumentKind.Descriptor,
                Field.Path2 => argument.Kind is ArgumentKind.Path && second-- == 0,
                Field.Mode => argument.Kind is ArgumentKind.Word && argument.Name is "mode" or "permissions",
                Field.Data or Field.Size => argument.Kind is ArgumentKind.Data,
                Field.Address or Field.Host or Field.Port or Field.Domain => argument.Kind is ArgumentKind.Address,
                _ => false,
            };
            if (found)
                return i;
        }

        // What is sent or written names a server, too, when it opens a TLS connection.
        return field == Field.Domain && operation.Operation == Operation.Write ? 1 : -1;
    }

    // The kernel's own view: the kinds of its arguments are all that is known.
    private static int PositionIn(CallView view, Field field)
    {
        int paths = field == Field.Path2 ? 2 : 1;
        for (int i = 0; i < view.Arguments.Length; i++)
        {
            bool found = view.Arguments[i].Kind switch
            {
                ArgumentKind.Unreadable => true,
                ArgumentKind.Path or ArgumentKind.Descriptor or ArgumentKind.Stdio => field is Field.Path or Field.Path2 && --paths == 0,
                ArgumentKind.Data => field is Field.Data,
                ArgumentKind.Address => field is Field.Address,
                _ => false,
            };
            if (found)
                return i;
        }

        return -1;
    }
}
