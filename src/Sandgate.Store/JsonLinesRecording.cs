using System.Text;
using Sandgate.Core.Record;

namespace Sandgate.Store;

/// <summary>A record of one JSON object a line.</summary>
internal sealed class JsonLinesRecording(Stream input) : IRecording
{
    /// <inheritdoc/>
    public IEnumerable<RecordedEvent> Events()
    {
        using StreamReader reader = new(input, Encoding.UTF8, detectEncodingFromByteOrderMarks: false, 1 << 16, leaveOpen: true);
        long at = 0;
        string? next = reader.ReadLine();
        while (next is { } line)
        {
            at++;
            next = reader.ReadLine();
            RecordedEvent recorded;
            try
            {
                recorded = EventJsonReader.Read(Encoding.UTF8.GetBytes(line));
            }
            catch (FormatException) when (next is null)
            {
                // The last line of a supervisor that was killed.
                yield break;
            }
            catch (FormatException bad)
            {
                throw new FormatException($"line {at}: {bad.Message}", bad);
            }

            yield return recorded;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => input.Dispose();
}
