using System.Globalization;
using Sandgate.Core.Record;

namespace Sandgate.Store;

/// <summary>A record file as it is written.</summary>
/// <param name="Sink">Writes it.</param>
/// <param name="Length">Its length in bytes after the last batch.</param>
internal sealed record OpenRecord(IEventSink Sink, Func<long> Length);

/// <summary>
/// A record that begins a new file when the one it writes has become too long: <c>calls.db</c> becomes <c>calls.1.db</c>, that one
/// <c>calls.2.db</c>, and the oldest goes. Each file begins with the session's start.
/// </summary>
internal sealed class RotatingRecord(string file, long limit, int keep, Func<string, OpenRecord> open) : IEventSink
{
    private OpenRecord _current = open(file);
    private SessionStart? _start;
    private bool _isOver;

    /// <inheritdoc/>
    public bool Wants(bool allowed, bool logged) => true;

    /// <inheritdoc/>
    public bool WantsDetails => true;

    /// <inheritdoc/>
    public void Write(RecordedEvent written)
    {
        _start ??= written as SessionStart;
        _isOver |= written is SessionEnded;
        _current.Sink.Write(written);
    }

    /// <inheritdoc/>
    public void Flush()
    {
        _current.Sink.Flush();
        if (_current.Length() < limit || _start is null || _isOver)
            return;
        _current.Sink.Dispose();
        Shift();
        _current = open(file);
        _current.Sink.Write(_start);
    }

    private void Shift()
    {
        try
        {
            File.Delete(NameOf(file, keep));
            for (int i = keep; i > 0; i--)
            {
                if (File.Exists(NameOf(file, i - 1)))
                    File.Move(NameOf(file, i - 1), NameOf(file, i));
            }
        }
        catch (UnauthorizedAccessException problem)
        {
            throw new IOException(problem.Message, problem);
        }
    }

    /// <summary>All the files of such a record.</summary>
    public static IEnumerable<string> FilesOf(string file, int keep) => Enumerable.Range(0, keep + 1).Select(age => NameOf(file, age));

    private static string NameOf(string file, int age) =>
        age == 0 ? file : Path.ChangeExtension(file, age.ToString(CultureInfo.InvariantCulture) + Path.GetExtension(file));

    /// <inheritdoc/>
    public void Dispose() => _current.Sink.Dispose();
}
