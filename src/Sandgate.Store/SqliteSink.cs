using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Sandgate.Core.Decide;
using Sandgate.Core.Record;
using Sandgate.Core.Trap;

namespace Sandgate.Store;

/// <summary>
/// Every event as rows of an SQLite database in WAL mode, a transaction a batch: whoever kills the supervisor costs the record one batch.
/// What repeats (who asked, what for, what was said to it) is stored once and referred to.
/// </summary>
internal sealed class SqliteSink : IEventSink
{
    // As many different ones are remembered; then they are forgotten and stored again, so that the supervisor stays small.
    private const int MostRemembered = 16_384;

    private static readonly JsonWriterOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private readonly Database _database;
    private readonly Statement _begin, _commit, _call, _event, _who, _what, _ruling;
    private readonly Dictionary<Caller, long> _callers = [];
    private readonly Dictionary<CallEvent, long> _calls = new(SameCall.Comparer);
    private readonly Dictionary<(bool, int, VerdictReason, string?, string?, Binding, Outcome, bool, int, RuleAction), long> _rulings = [];
    private readonly ArrayBufferWriter<byte> _text = new(4096);
    private readonly Utf8JsonWriter _json;
    private (Caller? Caller, long Row) _last;
    private long _session;
    private bool _inBatch;

    /// <summary>Opens or creates the database.</summary>
    /// <exception cref="IOException">It can't be, or is something else.</exception>
    public SqliteSink(string file)
    {
        _json = new(_text, s_options);
        _database = new(file, write: true);
        try
        {
            SqliteFormat.Prepare(_database, file);
            _begin = _database.Prepare("BEGIN IMMEDIATE");
            _commit = _database.Prepare("COMMIT");
            _call = _database.Prepare("INSERT INTO call VALUES (?,?,?,?,?,?,?,?,?)");
            _event = _database.Prepare("INSERT INTO event VALUES (?,?,?,?,?,?)");
            _who = _database.Prepare("INSERT INTO who (pid,comm,ppid,uid,exe,parent_exe,cmdline,cwd) VALUES (?,?,?,?,?,?,?,?)");
            _what = _database.Prepare("INSERT INTO what (syscall,call,resolved,views,facts) VALUES (?,?,?,?,?)");
            _ruling = _database.Prepare("INSERT INTO ruling (verdict,errno,reason,rule,place,binding,outcome,logged,view) VALUES (?,?,?,?,?,?,?,?,?)");
        }
        catch
        {
            _database.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public bool Wants(bool allowed, bool logged) => true;

    /// <inheritdoc/>
    public bool WantsDetails => true;

    /// <summary>How long the database is in bytes.</summary>
    public long Length => SqliteFormat.LengthOf(_database);

    /// <inheritdoc/>
    public void Write(RecordedEvent written)
    {
        if (!_inBatch)
        {
            _begin.Run();
            _inBatch = true;
        }

        switch (written)
        {
            case CallEvent call: WriteCall(call); break;
            case SessionStart start: WriteStart(start); break;
            default: WriteOther(written); break;
        }
    }

    private void WriteStart(SessionStart start)
    {
        using Statement insert = _database.Prepare("INSERT INTO session (name,time_ns,json) VALUES (?,?,?)");
        insert.Bind(1, start.Session).Bind(2, SqliteFormat.Nanoseconds(start.Time)).Bind(3, JsonOf(start)).Run();
        _session = _database.LastRow;
    }

    private void WriteOther(RecordedEvent written)
    {
        int? process = written switch
        {
            ProcessStarted started => started.Caller.ProcessId,
            ProcessExecuted executed => executed.Caller.ProcessId,
            ProcessEnded ended => ended.ProcessId,
            ProgramMessage message => message.Caller.ProcessId,
            _ => null,
        };
        _event.Bind(1, _session).Bind(2, written.Number).Bind(3, SqliteFormat.Nanoseconds(written.Time)).Bind(4, EventJson.NameOf(written))
            .Bind(5, (long?)process).Bind(6, JsonOf(written)).Run();
    }

    private ReadOnlySpan<byte> JsonOf(RecordedEvent written)
    {
        StartJson();
        EventJson.Write(_json, written);
        _json.Flush();
        return _text.WrittenSpan;
    }

    private void StartJson()
    {
        _text.ResetWrittenCount();
        _json.Reset();
    }

    private void WriteCall(CallEvent call)
    {
        // The rows that this one refers to come first: they use the same buffers.
        long who = RowOf(call.Caller), what = RowOfWhat(call), ruling = RowOfRuling(call);
        _call.Bind(1, _session).Bind(2, call.Number).Bind(3, SqliteFormat.Nanoseconds(call.Time)).Bind(4, call.ThreadId).Bind(5, who).Bind(6, what).Bind(7, ruling)
            .Bind(8, (long)call.Cost.TotalNanoseconds).Bind(9, (long)call.Held.TotalNanoseconds).Run();
    }

    private long RowOf(Caller caller)
    {
        if (ReferenceEquals(caller, _last.Caller))
            return _last.Row;
        if (!_callers.TryGetValue(caller, out long row))
        {
            _who.Bind(1, caller.ProcessId).Bind(2, RecordText.Encode(caller.Name)).Bind(3, caller.ParentId).Bind(4, (long?)caller.UserId)
                .Bind(5, RecordText.Encode(caller.Executable)).Bind(6, RecordText.Encode(caller.ParentExecutable))
                .Bind(7, RecordText.Encode(caller.CommandLine)).Bind(8, RecordText.Encode(caller.WorkingDirectory)).Run();
            Remember(_callers, caller, row = _database.LastRow);
        }

        _last = (caller, row);
        return row;
    }

    private long RowOfWhat(CallEvent call)
    {
        if (_calls.TryGetValue(call, out long row))
            return row;
        _what.Bind(1, call.Syscall).Bind(2, call.Text).Bind(3, call.Resolved);
        StartJson();
        EventJson.WriteViews(_json, call.Views);
        _json.Flush();
        _what.Bind(4, _text.WrittenSpan);
        if (call.Facts is { } facts)
        {
            StartJson();
            EventJson.WriteFacts(_json, facts);
            _json.Flush();
            _what.Bind(5, _text.WrittenSpan);
        }
        else
            _what.Bind(5, (string?)null);
        _what.Run();
        Remember(_calls, call, row = _database.LastRow);
        return row;
    }

    private long RowOfRuling(CallEvent call)
    {
        Verdict verdict = call.Verdict;
        var key = (verdict.Allowed, verdict.Errno, verdict.Reason, call.Rule, call.RulePlace, call.Binding, call.Outcome, verdict.Logged, verdict.View, verdict.Action);
        if (_rulings.TryGetValue(key, out long row))
            return row;
        _ruling.Bind(1, EventWords.Of(verdict)).Bind(2, verdict.Allowed ? null : Errnos.NameOf(verdict.Errno)).Bind(3, EventWords.Of(verdict.Reason))
            .Bind(4, call.Rule).Bind(5, call.RulePlace).Bind(6, EventWords.Of(call.Binding)).Bind(7, EventWords.Of(call.Outcome))
            .Bind(8, verdict.Logged ? 1 : 0).Bind(9, verdict.View).Run();
        Remember(_rulings, key, row = _database.LastRow);
        return row;
    }

    private static void Remember<TKey>(Dictionary<TKey, long> rows, TKey key, long row)
        where TKey : notnull
    {
        if (rows.Count >= MostRemembered)
            rows.Clear();
        rows.Add(key, row);
    }

    /// <inheritdoc/>
    public void Flush()
    {
        if (!_inBatch)
            return;
        _commit.Run();
        _inBatch = false;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Flush();
        foreach (Statement statement in (ReadOnlySpan<Statement>)[_begin, _commit, _call, _event, _who, _what, _ruling])
            statement.Dispose();
        _database.Dispose();
        _json.Dispose();
    }
}
