using System.Runtime.InteropServices;
using Sandgate.Interop;

namespace Sandgate.Store.Interop;

/// <summary>The functions of SQLite that records need (sqlite.org/c3ref), and its library, which lies inside this assembly.</summary>
internal static unsafe partial class Sqlite
{
    public const int SQLITE_OK = 0, SQLITE_ROW = 100, SQLITE_DONE = 101;
    public const int SQLITE_OPEN_READONLY = 1, SQLITE_OPEN_READWRITE = 2, SQLITE_OPEN_CREATE = 4, SQLITE_OPEN_NOMUTEX = 0x8000;

    /// <summary>The text must be copied before the call returns.</summary>
    public const nint SQLITE_TRANSIENT = -1;

    private const string Library = "e_sqlite3";

    private static readonly Lock s_loading = new();
    private static nint s_library;

    static Sqlite() => NativeLibrary.SetDllImportResolver(typeof(Sqlite).Assembly, static (name, _, _) => name == Library ? Load() : 0);

    private static nint Load()
    {
        lock (s_loading)
            return s_library != 0 ? s_library : s_library = SealedLibrary.Load(typeof(Sqlite).Assembly, "libe_sqlite3.so");
    }

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int sqlite3_open_v2(string filename, out nint database, int flags, nint vfs);

    [LibraryImport(Library)]
    public static partial int sqlite3_close_v2(nint database);

    [LibraryImport(Library)]
    public static partial int sqlite3_busy_timeout(nint database, int milliseconds);

    [LibraryImport(Library)]
    public static partial int sqlite3_prepare_v2(nint database, byte* sql, int length, out nint statement, byte** tail);

    [LibraryImport(Library)]
    public static partial int sqlite3_finalize(nint statement);

    [LibraryImport(Library)]
    public static partial int sqlite3_step(nint statement);

    [LibraryImport(Library)]
    public static partial int sqlite3_reset(nint statement);

    [LibraryImport(Library)]
    public static partial int sqlite3_bind_int64(nint statement, int index, long value);

    [LibraryImport(Library)]
    public static partial int sqlite3_bind_text(nint statement, int index, byte* text, int length, nint destructor);

    [LibraryImport(Library)]
    public static partial int sqlite3_bind_null(nint statement, int index);

    [LibraryImport(Library)]
    public static partial long sqlite3_column_int64(nint statement, int column);

    [LibraryImport(Library)]
    public static partial int sqlite3_column_type(nint statement, int column);

    [LibraryImport(Library)]
    public static partial byte* sqlite3_column_text(nint statement, int column);

    [LibraryImport(Library)]
    public static partial int sqlite3_column_bytes(nint statement, int column);

    [LibraryImport(Library)]
    public static partial long sqlite3_last_insert_rowid(nint database);

    [LibraryImport(Library)]
    public static partial byte* sqlite3_errmsg(nint database);
}
