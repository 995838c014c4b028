using System.Collections.Immutable;
using Sandgate.Core.Decode;

namespace Sandgate.Core.Learn;

/// <summary>Writes what was learnt of places as rules, several places of one directory together.</summary>
internal sealed class PlaceRules(PlaceTable table, Surroundings surroundings, IReadOnlySet<Operation> families, bool perProgram)
{
    private const int MostInOneRule = 6;

    // What opens in the one way can't change anything ("nofollow" has a w, too), in the other read anything. What has no such mode is meant, too.
    private const string Reads = "mode !~ /^r?w|create|truncate|tmpfile/", Writes = "mode !~ /^(r|path)/";

    private readonly RuleText _text = new(surroundings);

    private readonly record struct Kind(Purpose Purpose, string Directory, Access Access, string Operations, string Programs);

    /// <summary>All of them.</summary>
    public IEnumerable<LearntRule> Rules() => [.. Executed(), .. Used(), .. Moved()];

    private IEnumerable<LearntRule> Executed()
    {
        foreach (var group in table.Executed.GroupBy(p => (DirectoryOf(p.Key), Programs: perProgram ? string.Join('\0', p.Value.Programs) : "")).OrderBy(g => g.Key.Item1, StringComparer.Ordinal))
        {
            foreach (KeyValuePair<Place, Use>[] places in group.OrderBy(p => p.Key.Shape, StringComparer.Ordinal).Chunk(MostInOneRule))
                yield return Rule(Purpose.Programs, [Operation.Exec], null, places);
        }
    }

    private IEnumerable<LearntRule> Used()
    {
        foreach (IGrouping<Kind, KeyValuePair<Place, Use>> group in table.Places.GroupBy(p => KindOf(p.Key, p.Value)).OrderBy(g => g.Key.Directory, StringComparer.Ordinal))
        {
            foreach (KeyValuePair<Place, Use>[] places in group.OrderBy(p => p.Key.Shape, StringComparer.Ordinal).Chunk(MostInOneRule))
            {
                Access access = group.Key.Access;
                List<Operation> also = [.. places[0].Value.Operations.Where(o => o is not (Operation.Rename or Operation.Link)).Order()];

                // Who may write over a file may as well cut it off.
                if ((access & Access.Write) != 0 && families.Contains(Operation.Truncate) && !also.Contains(Operation.Truncate))
                    also.Insert(0, Operation.Truncate);
                if (access != Access.None)
                    also.Insert(0, Operation.Open);
                if (also.Count > 0)
                    yield return Rule(group.Key.Purpose, [.. also], access switch { Access.Read => Reads, Access.Write => Writes, _ => null }, places);
            }
        }
    }

    private IEnumerable<LearntRule> Moved()
    {
        foreach (HashSet<Place> names in table.Moves)
        {
            KeyValuePair<Place, Use>[] places = [.. names.Select(n => KeyValuePair.Create(n, table.Places[n])).OrderBy(p => p.Key.Shape, StringComparer.Ordinal)];
            ImmutableArray<Operation> on = [.. places.SelectMany(p => p.Value.Operations).Where(o => o is Operation.Rename or Operation.Link && families.Contains(o)).Distinct().Order()];
            if (on.Length == 0)
                continue;
            Place[] all = [.. names.OrderBy(n => n.Shape, StringComparer.Ordinal)];
            string from = _text.In("path", all), to = _text.In("path2", all);
            string when = $"{Part(from)} and {Part(to)}";
            yield return Finished(new(PurposeOf(places[0].Key), on, when, names.Sum(table.MovesOf), [.. places.SelectMany(p => p.Value.Programs).Distinct().Order(StringComparer.Ordinal)])
            {
                Note = "one name becomes the other",
            });
        }
    }

    private LearntRule Rule(Purpose purpose, ImmutableArray<Operation> on, string? mode, KeyValuePair<Place, Use>[] places)
    {
        string where = _text.In("path", [.. places.Select(p => p.Key)]);
        string when = mode is null ? where : $"{Part(where)} and {mode}";
        return Finished(new(purpose, on, when, places.Sum(p => p.Value.Count), [.. places.SelectMany(p => p.Value.Programs).Distinct().Order(StringComparer.Ordinal)]));
    }

    private LearntRule Finished(LearntRule rule) => perProgram ? rule.ForPrograms() : rule;

    private static string Part(string condition) => RuleText.NeedsParentheses(condition) ? $"({condition})" : condition;

    private Kind KindOf(Place place, Use use) => new(
        PurposeOf(place), PlaceTable.IsSystem(place) ? "" : DirectoryOf(place), use.Access,
        string.Join(',', use.Operations.Where(o => o is not (Operation.Rename or Operation.Link)).Order()), perProgram ? string.Join('\0', use.Programs) : "");

    private static string DirectoryOf(Place place) => place.Reach == Reach.Itself ? place.Shape[..Math.Max(0, place.Shape.LastIndexOf('/'))] : place.Shape;

    private Purpose PurposeOf(Place place)
    {
        string shape = place.Shape;
        if (shape[0] != '/')
            return Purpose.Kernel;
        bool In(params ReadOnlySpan<string> directories)
        {
            foreach (string directory in directories)
            {
                if (Surroundings.IsIn(shape, directory))
                    return true;
            }

            return false;
        }

        if (surroundings.Start != "/" && In(Decide.Language.Glob.Escape(surroundings.Start)))
            return Purpose.Own;
        return PlaceTable.IsSystem(place) || In("/usr", "/lib", "/lib64", "/bin", "/sbin", "/opt", "/nix") ? Purpose.System
            : In("/etc") ? Purpose.Settings
            : In("/proc", "/sys", "/dev") && !In("/dev/shm") ? Purpose.Kernel
            : In([.. Surroundings.UsualTemporary, .. surroundings.Temporary]) ? Purpose.Temporary
            : Purpose.Own;
    }
}
