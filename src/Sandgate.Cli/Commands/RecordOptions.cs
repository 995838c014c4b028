using System.CommandLine;
using System.CommandLine.Parsing;
using Sandgate.Core.Confine;
using Sandgate.Core.Record;
using Sandgate.Store;

namespace Sandgate.Cli.Commands;

/// <summary>Options of <c>run</c> about how a record is written.</summary>
internal sealed class RecordOptions
{
    private const int UsualKeep = 4;

    private readonly Option<long?> _size = new("--record-size")
    {
        Description = "Begin a new file when the record is this long, such as 500M; older ones become FILE.1.db and so on.",
        HelpName = "SIZE",
        CustomParser = Size,
    };

    private readonly Option<int> _keep = new("--record-keep") { Description = "How many older files are kept.", HelpName = "N", DefaultValueFactory = _ => UsualKeep };

    private readonly Option<string> _pressure = new("--record-pressure")
    {
        Description = "While the record can't keep up: block lets the program wait, so that nothing is lost; drop loses events, counted in the record.",
        HelpName = "block|drop",
        DefaultValueFactory = _ => "block",
    };

    /// <summary>Makes them.</summary>
    public RecordOptions() => _pressure.AcceptOnlyFromAmong("block", "drop");

    /// <summary>All of them.</summary>
    public IEnumerable<Option> All => [_size, _keep, _pressure];

    /// <summary>What was asked for.</summary>
    public (RecordSize Size, Pressure Pressure) Read(ParseResult parsed) =>
        (new(parsed.GetValue(_size), Math.Max(1, parsed.GetValue(_keep))), parsed.GetValue(_pressure) == "drop" ? Pressure.Drop : Pressure.Block);

    private static long? Size(ArgumentResult given)
    {
        const long least = 1 << 20;
        string text = given.Tokens[0].Value;
        if (Quantity.Bytes(text) is { } bytes and >= least)
            return bytes;
        given.AddError($"--record-size {text}: write a size such as 500M; a megabyte is the least");
        return null;
    }
}
