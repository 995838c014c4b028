using System.Runtime.InteropServices;
using System.Text;
using Sandgate.Store.Interop;

namespace Sandgate.Store;

/// <summary>An open SQLite database. One thread at a time may use it.</summary>
internal sealed unsafe class Database : IDisposable
{
    private readonly string _file;
    private nint _handle;

    /// <summary>Opens a file.</summary>
    /// <exception cref="IOException">It can't be opened.</exception>
    public Database(string file, bool write)
    {
        _file = file;
        try
        {
            int flags = (write ? Sqlite.SQLITE_OPEN_READWRITE | Sqlite.SQLITE_OPEN_CREATE : Sqlite.SQLITE_OPEN_READWRITE) | Sqlite.SQLITE_OPEN_NOMUTEX;
            int result = Sqlite.sqlite3_open_v2(file, out _handle, flags, 0);

            // Whoever may only read a record of somebody else's reads what has been brought into the file.
            if (result != Sqlite.SQLITE_OK && !write)
            {
                _ = Sqlite.sqlite3_close_v2(_handle);
                result = Sqlite.sqlite3_open_v2(file, out _handle, Sqlite.SQLITE_OPEN_READONLY | Sqlite.SQLITE_OPEN_NOMUTEX, 0);
            }

            Check(result);
            _ = Sqlite.sqlite3_busy_timeout(_handle, 10_000);
        }
        catch (DllNotFoundException problem)
        {
            throw new IOException($"{file}: SQLite can't be loaded: {problem.Message}; see that sysctl vm.memfd_noexec is not 2, or record to a .jsonl file", problem);
        }
    }

    /// <summary>The handle, for statements.</summary>
    internal nint Handle => _handle;

    /// <summary>The number of the row that was inserted last.</summary>
    public long LastRow => Sqlite.sqlite3_last_insert_rowid(_handle);

    /// <summary>Runs statements that yield nothing of interest.</summary>
    /// <exception cref="IOException">One fails.</exception>
    public void Run(string sql)
    {
        byte[] text = Encoding.UTF8.GetBytes(sql + "\0");
        fixed (byte* start = text)
        {
            for (byte* at = start; *at != 0;)
            {
                byte* tail = null;

                // SAFETY: text is pinned and ends with a zero; tail points into it.
                Check(Sqlite.sqlite3_prepare_v2(_handle, at, -1, out nint statement, &tail));
                at = tail;
                if (statement == 0)
                    continue;
                int result;
                do
                    result = Sqlite.sqlite3_step(statement);
                while (result == Sqlite.SQLITE_ROW);
                _ = Sqlite.sqlite3_finalize(statement);
                if (result != Sqlite.SQLITE_DONE)
                    throw Failure();
            }
        }
    }

    /// <summary>Makes a statement that can be run many times.</summary>
    public Statement Prepare(string sql) => new(this, sql);

    /// <summary>Throws unless a result is good.</summary>
    internal void Check(int result)
    {
        if (result != Sqlite.SQLITE_OK)
            throw Failure();
    }

    /// <summary>What went wrong last.</summary>
    internal IOException Failure() => new($"{_file}: {(_handle == 0 ? "out of memory" : Marshal.PtrToStringUTF8((nint)Sqlite.sqlite3_errmsg(_handle)))}");

    /// <inheritdoc/>
    public void Dispose()
    {
        _ = Sqlite.sqlite3_close_v2(_handle);
        _handle = 0;
    }
}
