using System.Buffers;
using System.Text;
using Sandgate.Store.Interop;

namespace Sandgate.Store;

/// <summary>A prepared statement: values are bound by position from 1, columns read by position from 0.</summary>
internal sealed unsafe class Statement : IDisposable
{
    private const int SQLITE_NULL = 5;

    private readonly Database _database;
    private readonly nint _handle;

    /// <summary>Prepares it.</summary>
    public Statement(Database database, string sql)
    {
        _database = database;
        byte[] text = Encoding.UTF8.GetBytes(sql);
        fixed (byte* start = text)
        {
            // SAFETY: text is pinned for the call.
            database.Check(Sqlite.sqlite3_prepare_v2(database.Handle, start, text.Length, out _handle, null));
        }
    }

    /// <summary>Binds a number.</summary>
    public Statement Bind(int index, long value)
    {
        _database.Check(Sqlite.sqlite3_bind_int64(_handle, index, value));
        return this;
    }

    /// <summary>Binds a number, or nothing.</summary>
    public Statement Bind(int index, long? value) => value is { } number ? Bind(index, number) : BindNull(index);

    /// <summary>Binds a text, or nothing.</summary>
    public Statement Bind(int index, string? text)
    {
        if (text is null)
            return BindNull(index);
        byte[] bytes = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(text.Length));
        Bind(index, bytes.AsSpan(0, Encoding.UTF8.GetBytes(text, bytes)));
        ArrayPool<byte>.Shared.Return(bytes);
        return this;
    }

    /// <summary>Binds a text in UTF-8.</summary>
    public Statement Bind(int index, ReadOnlySpan<byte> text)
    {
        byte empty = 0;
        fixed (byte* start = text)
        {
            // SAFETY: text is pinned for the call, and SQLite copies it.
            _database.Check(Sqlite.sqlite3_bind_text(_handle, index, start == null ? &empty : start, text.Length, Sqlite.SQLITE_TRANSIENT));
        }

        return this;
    }

    private Statement BindNull(int index)
    {
        _database.Check(Sqlite.sqlite3_bind_null(_handle, index));
        return this;
    }

    /// <summary>Runs a statement that yields no rows.</summary>
    public void Run()
    {
        int result = Sqlite.sqlite3_step(_handle);
        _ = Sqlite.sqlite3_reset(_handle);
        if (result != Sqlite.SQLITE_DONE)
            throw _database.Failure();
    }

    /// <summary>Goes to the next row; false after the last, when the statement can be run again.</summary>
    public bool Next()
    {
        int result = Sqlite.sqlite3_step(_handle);
        if (result == Sqlite.SQLITE_ROW)
            return true;
        _ = Sqlite.sqlite3_reset(_handle);
        return result == Sqlite.SQLITE_DONE ? false : throw _database.Failure();
    }

    /// <summary>Makes it ready to be run again.</summary>
    public void Reset() => _ = Sqlite.sqlite3_reset(_handle);

    /// <summary>True when a column of the row holds nothing.</summary>
    public bool IsNull(int column) => Sqlite.sqlite3_column_type(_handle, column) == SQLITE_NULL;

    /// <summary>A number of the row.</summary>
    public long Number(int column) => Sqlite.sqlite3_column_int64(_handle, column);

    /// <summary>A text of the row; null when there is none.</summary>
    public string? Text(int column)
    {
        byte* text = Sqlite.sqlite3_column_text(_handle, column);

        // SAFETY: the text and its length are the row's own until the next step.
        return text == null ? null : Encoding.UTF8.GetString(text, Sqlite.sqlite3_column_bytes(_handle, column));
    }

    /// <inheritdoc/>
    public void Dispose() => _ = Sqlite.sqlite3_finalize(_handle);
}
