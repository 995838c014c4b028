using System.Globalization;

namespace Sandgate.Store;

/// <summary>What makes an SQLite database a record.</summary>
internal static class SqliteFormat
{
    // "SGat", in the file's header, where file(1) looks.
    private const int ApplicationId = 0x53476174, Version = 1;

    /// <summary>Makes an empty database a record, or sees that it is one.</summary>
    /// <exception cref="IOException">It is something else.</exception>
    public static void Prepare(Database database, string file)
    {
        RefuseOthers(database, file, mayBeEmpty: true);

        // With WAL a commit that was made is there after the process was killed; only a power cut may cost the last ones.
        database.Run("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -4096;");
        using StreamReader schema = new(typeof(SqliteFormat).Assembly.GetManifestResourceStream("Schema.sql")!);
        database.Run(string.Create(CultureInfo.InvariantCulture, $"BEGIN IMMEDIATE; PRAGMA application_id = {ApplicationId}; PRAGMA user_version = {Version};\n{schema.ReadToEnd()}\nCOMMIT;"));
    }

    /// <summary>Sees that a database is a record that can be read.</summary>
    /// <exception cref="IOException">It is something else.</exception>
    public static void RefuseOthers(Database database, string file, bool mayBeEmpty)
    {
        (long application, long version) = (One(database, "PRAGMA application_id"), One(database, "PRAGMA user_version"));
        if (application != ApplicationId && !(mayBeEmpty && One(database, "SELECT count(*) FROM sqlite_schema") == 0))
            throw new IOException($"{file}: is a database, but no record of Sandgate");
        if (version > Version)
            throw new IOException($"{file}: was written by a newer Sandgate (format {version}; this one reads up to {Version})");
    }

    /// <summary>The one number that a query yields.</summary>
    public static long One(Database database, string sql)
    {
        using Statement statement = database.Prepare(sql);
        return statement.Next() ? statement.Number(0) : 0;
    }

    /// <summary>How long the database is, in bytes, with what is not yet in the file itself.</summary>
    public static long LengthOf(Database database) => One(database, "PRAGMA page_count") * One(database, "PRAGMA page_size");

    /// <summary>A time as records hold it: nanoseconds since 1970.</summary>
    public static long Nanoseconds(DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;

    /// <summary>A time as records hold it.</summary>
    public static DateTimeOffset TimeOf(long nanoseconds) => DateTimeOffset.UnixEpoch + TimeSpan.FromTicks(nanoseconds / TimeSpan.NanosecondsPerTick);
}
