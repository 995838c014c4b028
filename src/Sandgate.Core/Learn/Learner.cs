using System.Collections.Immutable;
using Sandgate.Core.Decide;
using Sandgate.Core.Decode;

namespace Sandgate.Core.Learn;

/// <summary>Makes rules of observations: docs/learn.md states how. Pure: the same observations in the same surroundings always make the same rules.</summary>
public sealed class Learner
{
    private readonly Observations _seen;
    private readonly Surroundings _surroundings;
    private readonly LearnOptions _options;
    private readonly Observation[] _all;
    private readonly PathShapes _shapes;
    private readonly HashSet<string> _above = new(StringComparer.Ordinal);
    private long _untold;
    private bool _givesRights;

    private Learner(Observations seen, Surroundings surroundings, LearnOptions options, Func<Observation, bool>? isKnown)
    {
        (_seen, _surroundings, _options) = (seen, surroundings, options);
        Observation[] restricted = [.. seen.All.Where(o => options.Families.Contains(o.View.Operation))];
        _all = isKnown is null ? restricted : Unknown(restricted, isKnown);
        _shapes = new(seen.All, surroundings, seen.Processes);
        foreach (string? path in seen.All.SelectMany(o => new[] { o.Target, o.Second }))
        {
            for (int slash = path?.LastIndexOf('/') ?? -1; slash > 0 && _above.Add(path![..slash]); slash = path.LastIndexOf('/', slash - 1))
            {
            }
        }
    }

    /// <summary>Learns.</summary>
    /// <param name="seen">What was observed.</param>
    /// <param name="surroundings">The machine.</param>
    /// <param name="options">What the user wants.</param>
    /// <param name="isKnown">True for what rules that exist allow already; null when there are none.</param>
    public static LearntPolicy Learn(Observations seen, Surroundings surroundings, LearnOptions options, Func<Observation, bool>? isKnown = null) =>
        new Learner(seen, surroundings, options, isKnown).Learn();

    // What happens to a file that changes its name is learnt as a whole: rules on the old name go with those on the new one.
    private static Observation[] Unknown(Observation[] all, Func<Observation, bool> isKnown)
    {
        HashSet<Observation> unknown = [.. all.Where(o => !isKnown(o))];
        HashSet<string> moved = [.. unknown.Where(o => o.Second is not null).SelectMany(o => new[] { o.Target, o.Second }).OfType<string>()];
        return [.. all.Where(o => unknown.Contains(o) || (o.Target is { } target && moved.Contains(target)) || (o.Second is { } second && moved.Contains(second)))];
    }

    private LearntPolicy Learn()
    {
        PlaceTable open = new(_surroundings), secret = new(_surroundings);
        AddressRules addresses = new(_shapes, _surroundings, _seen.Commands, _seen.Processes), secretAddresses = new(_shapes, _surroundings, _seen.Commands, _seen.Processes);
        WordRules words = new();
        SortedSet<string> secrets = new(StringComparer.Ordinal);
        foreach (Observation seen in _all)
        {
            Operation operation = seen.View.Operation;
            bool isSecret = _surroundings.IsSecret(seen);
            if (isSecret)
                secrets.Add(_surroundings.Shown(seen.Target!));
            if (operation is Operation.Chmod or Operation.Mknod && IsPrivileged(seen))
                _givesRights = true;
            if (LearntFamilies.IsOnAddress(operation))
                (isSecret ? secretAddresses : addresses).Add(seen);
            else if (LearntFamilies.IsOnPlace(operation))
                AddPlace(isSecret ? secret : open, seen);
            else
                words.Add(seen);
        }

        // A secret is never generalised: its very names are what is allowed.
        open.Generalise();
        LearntRule[] rules =
        [
            .. new PlaceRules(open, _surroundings, _options.Families, _options.PerProgram).Rules(),
            .. addresses.Rules().Concat(words.Rules()).Select(r => _options.PerProgram ? r.ForPrograms() : r),
        ];
        LearntRule[] kept = [.. new PlaceRules(secret, _surroundings, _options.Families, _options.PerProgram).Rules(), .. secretAddresses.Rules()];
        return new()
        {
            Families = [.. LearntFamilies.All.Where(_options.Families.Contains)],
            Rules = [.. rules.OrderBy(r => r.Purpose)],
            Secrets = [.. kept.OrderBy(r => r.Purpose)],
            SecretNames = [.. secrets],
            AllowsSecrets = _options.AllowSecrets,
            Guards = [.. Guards(open, rules)],
            Canaries = [.. Canaries(open, secret, rules)],
            GivesRights = _givesRights,
            Untold = _untold,
        };
    }

    // The fourth octal digit from the end holds the set-user-ID and set-group-ID bits; types 2 and 6 are devices.
    private static bool IsPrivileged(Observation seen) => seen.Word(1) is not { } mode
        || (seen.View.Operation == Operation.Chmod ? mode.Length >= 4 && mode[^4] is >= '2' and <= '7' : mode is ['0', '2' or '6', '0', ..]);

    private void AddPlace(PlaceTable table, Observation seen)
    {
        if (seen.Target is not { Length: > 0 } path)
        {
            // A standard stream, which no wildcard reaches; or what could not be told.
            if (seen.View.Arguments is not [{ Kind: ArgumentKind.Stdio }, ..])
                _untold += seen.Count;
            return;
        }

        Place place = PlaceOf(path);
        table.Add(place, path, seen.View.Operation, AccessOf(seen), seen);
        if (seen.View.Operation is not (Operation.Rename or Operation.Link))
            return;
        if (seen.Second is not ['/', ..] second)
        {
            _untold += seen.Count;
            return;
        }

        Place given = PlaceOf(second);
        table.Add(given, second, seen.View.Operation, Access.None, seen);
        table.Move(place, given, seen.Count);
        if (!_above.Contains(path) && !_above.Contains(second))
            return;
        Place below = place with { Reach = Reach.Tree }, after = given with { Reach = Reach.Tree };
        table.Add(below, path, seen.View.Operation, Access.None, seen);
        table.Add(after, second, seen.View.Operation, Access.None, seen);
        table.Move(below, after, seen.Count);
    }

    private Place PlaceOf(string path)
    {
        if (path[0] != '/')
            return new(path.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon ? path[..(colon + 1)] + "*" : Decide.Language.Glob.Escape(path), Reach.Itself);
        string clean = PathShapes.Clean(path)!;
        for (int slash = clean.LastIndexOf('/'); slash > 0; slash = clean.LastIndexOf('/', slash - 1))
        {
            if (_shapes.IsOwn(clean[..slash]))
                return new(_shapes.ShapeOf(clean[..slash]), Reach.Tree);
        }

        return new(_shapes.ShapeOf(clean) + path[clean.Length..], Reach.Itself);
    }

    private static Access AccessOf(Observation seen)
    {
        if (seen.View.Operation != Operation.Open)
            return Access.None;
        if (seen.Word(1) is not { } mode || mode.StartsWith("rw", StringComparison.Ordinal))
            return Access.Both;
        if (mode[0] == 'w')
            return Access.Write;
        return mode.Contains("create", StringComparison.Ordinal) || mode.Contains("truncate", StringComparison.Ordinal) || mode.Contains("tmpfile", StringComparison.Ordinal) ? Access.Both : Access.Read;
    }

    private IEnumerable<Rule> Guards(PlaceTable open, LearntRule[] rules)
    {
        bool files = open.Places.Keys.Any(p => !p.IsExact && !PlaceTable.IsSystem(p) && p.Shape[0] == '/');
        bool addresses = rules.Any(r => r.On.Contains(Operation.Connect) && (r.When is null || r.When.Contains(" like ", StringComparison.Ordinal)));
        return _surroundings.Secrets.Rules.Where(r => r.Action == RuleAction.NotAllow && r.Scope.Operation is { } on && _options.Families.Contains(on) && (on switch
        {
            Operation.Open or Operation.Rename or Operation.Link => files,
            Operation.Connect => addresses,
            _ => false,
        }));
    }

    private IEnumerable<string> Canaries(PlaceTable open, PlaceTable secret, LearntRule[] rules)
    {
        const string Shadow = "/etc/shadow", Program = "/nonexistent/program";
        if (_options.Families.Contains(Operation.Open) && !open.Places.Concat(secret.Places).Any(p => p.Key.Holds(Shadow)))
            yield return $"open('{Shadow}', 'r')";
        if (_options.Families.Contains(Operation.Exec) && !open.Executed.Any(p => p.Key.Holds(Program)))
            yield return $"exec('{Program}', 'program')";
        if (_options.Families.Contains(Operation.Connect) && !rules.Any(r => r.On.Contains(Operation.Connect) && r.When is null))
            yield return "connect('192.0.2.1:9')";
    }
}
