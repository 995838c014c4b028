using System.Text;
using System.Text.Json;
using Sandgate.Core;
using Sandgate.Core.Decide;
using Sandgate.Core.Record;

namespace Sandgate.Store;

/// <summary>A record in an SQLite database.</summary>
internal sealed class SqliteRecording : IRecording
{
    private const int MostRemembered = 65_536;

    private readonly string _file;
    private readonly Database _database;
    private readonly Statement _who, _what, _ruling;
    private readonly Dictionary<long, Caller> _callers = [];
    private readonly Dictionary<long, CallEvent> _calls = [], _rulings = [];

    /// <summary>Opens it.</summary>
    /// <exception cref="IOException">It can't be, or is something else.</exception>
    public SqliteRecording(string file)
    {
        _file = file;
        _database = new(file, write: false);
        try
        {
            SqliteFormat.RefuseOthers(_database, file, mayBeEmpty: false);
            _who = _database.Prepare("SELECT pid,comm,ppid,uid,exe,parent_exe,cmdline,cwd FROM who WHERE id = ?");
            _what = _database.Prepare("SELECT syscall,call,resolved,views,facts FROM what WHERE id = ?");
            _ruling = _database.Prepare("SELECT verdict,errno,reason,rule,place,binding,outcome,logged,view FROM ruling WHERE id = ?");
        }
        catch
        {
            _database.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public IEnumerable<RecordedEvent> Events()
    {
        // One snapshot of everything, while somebody may still be writing.
        _database.Run("BEGIN");
        try
        {
            using Statement sessions = _database.Prepare("SELECT id,json FROM session ORDER BY id");
            while (sessions.Next())
            {
                yield return Read(sessions.Text(1));
                foreach (RecordedEvent recorded in EventsOf(sessions.Number(0)))
                    yield return recorded;
            }
        }
        finally
        {
            _database.Run("COMMIT");
        }
    }

    private IEnumerable<RecordedEvent> EventsOf(long session)
    {
        using Statement calls = _database.Prepare("SELECT n,time_ns,tid,who,what,ruling,cost_ns,held_ns FROM call WHERE session = ? ORDER BY n");
        using Statement others = _database.Prepare("SELECT n,json FROM event WHERE session = ? ORDER BY n");
        calls.Bind(1, session);
        others.Bind(1, session);
        bool call = calls.Next(), other = others.Next();
        while (call || other)
        {
            if (!other || (call && calls.Number(0) < others.Number(0)))
            {
                yield return ReadCall(calls);
                call = calls.Next();
            }
            else
            {
                yield return Read(others.Text(1));
                other = others.Next();
            }
        }
    }

    private RecordedEvent Read(string? json)
    {
        try
        {
            return EventJsonReader.Read(Encoding.UTF8.GetBytes(json ?? ""));
        }
        catch (FormatException bad)
        {
            throw new FormatException($"{_file}: {bad.Message}", bad);
        }
    }

    private CallEvent ReadCall(Statement row)
    {
        CallEvent what = Find(_calls, row.Number(4), ReadWhat), ruling = Find(_rulings, row.Number(5), ReadRuling);
        return what with
        {
            Number = row.Number(0),
            Time = SqliteFormat.TimeOf(row.Number(1)),
            ThreadId = (int)row.Number(2),
            Caller = Find(_callers, row.Number(3), ReadWho),
            Verdict = ruling.Verdict,
            Rule = ruling.Rule,
            RulePlace = ruling.RulePlace,
            Binding = ruling.Binding,
            Outcome = ruling.Outcome,
            Cost = TimeSpan.FromTicks(row.Number(6) / TimeSpan.NanosecondsPerTick),
            Held = TimeSpan.FromTicks(row.Number(7) / TimeSpan.NanosecondsPerTick),
        };
    }

    private static T Find<T>(Dictionary<long, T> known, long id, Func<long, T> read)
    {
        if (known.TryGetValue(id, out T? found))
            return found;
        if (known.Count >= MostRemembered)
            known.Clear();
        known.Add(id, found = read(id));
        return found;
    }

    private Caller ReadWho(long id)
    {
        Seek(_who, id);
        Caller caller = new()
        {
            ProcessId = (int)_who.Number(0),
            Name = RecordText.Decode(_who.Text(1)) ?? "",
            ParentId = (int)_who.Number(2),
            UserId = _who.IsNull(3) ? null : (uint)_who.Number(3),
            Executable = RecordText.Decode(_who.Text(4)),
            ParentExecutable = RecordText.Decode(_who.Text(5)),
            CommandLine = RecordText.Decode(_who.Text(6)),
            WorkingDirectory = RecordText.Decode(_who.Text(7)),
        };
        _who.Reset();
        return caller;
    }

    private CallEvent ReadWhat(long id)
    {
        Seek(_what, id);
        try
        {
            using JsonDocument views = JsonDocument.Parse(_what.Text(3) ?? "");
            using JsonDocument? facts = _what.Text(4) is { } text ? JsonDocument.Parse(text) : null;
            return Empty with
            {
                Syscall = _what.Text(0) ?? "",
                Text = _what.Text(1) ?? "",
                Resolved = _what.Text(2),
                Views = EventJsonReader.ReadViews(views.RootElement),
                Facts = facts is null ? null : EventJsonReader.ReadFacts(facts.RootElement),
            };
        }
        catch (Exception bad) when (bad is JsonException or FormatException or InvalidOperationException or KeyNotFoundException)
        {
            throw new FormatException($"{_file}: row {id} of \"what\" can't be read: {bad.Message}", bad);
        }
        finally
        {
            _what.Reset();
        }
    }

    private CallEvent ReadRuling(long id)
    {
        Seek(_ruling, id);
        bool allowed = _ruling.Text(0) == "allow";
        CallEvent ruling = Empty with
        {
            Verdict = new Verdict(
                allowed, _ruling.Text(1) is { } errno ? Math.Max(0, Errnos.Find(errno)) : 0, EventWords.ReasonOf(_ruling.Text(2)) ?? throw Strange(id),
                null, (int)_ruling.Number(8), _ruling.Number(7) != 0)
            { Action = allowed ? RuleAction.Allow : _ruling.Text(0) == "kill" ? RuleAction.Kill : RuleAction.NotAllow },
            Rule = _ruling.Text(3),
            RulePlace = _ruling.Text(4),
            Binding = EventWords.BindingOf(_ruling.Text(5)) ?? throw Strange(id),
            Outcome = EventWords.OutcomeOf(_ruling.Text(6)) ?? throw Strange(id),
        };
        _ruling.Reset();
        return ruling;
    }

    private FormatException Strange(long id) => new($"{_file}: row {id} of \"ruling\" can't be read");

    private void Seek(Statement statement, long id)
    {
        statement.Bind(1, id);
        if (!statement.Next())
            throw new FormatException($"{_file}: a row is missing that a call refers to");
    }

    private static CallEvent Empty { get; } = new()
    {
        Time = default,
        Caller = new() { ProcessId = 0, Name = "" },
        ThreadId = 0,
        Syscall = "",
        Text = "",
        Verdict = Verdict.AllowByDefault,
        Binding = default,
        Outcome = default,
    };

    /// <inheritdoc/>
    public void Dispose()
    {
        _who.Dispose();
        _what.Dispose();
        _ruling.Dispose();
        _database.Dispose();
    }
}
