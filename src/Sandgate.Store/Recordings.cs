using Sandgate.Core.Record;

namespace Sandgate.Store;

/// <summary>Opens records by what they are, whatever they are called.</summary>
public static class Recordings
{
    /// <summary>Opens a record for reading, also while it is being written.</summary>
    /// <exception cref="IOException">The file can't be opened, or is no record.</exception>
    public static IRecording Open(string file)
    {
        FileStream input = new(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        Span<byte> start = stackalloc byte[16];
        int count = input.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        if (start[..count].StartsWith("SQLite format 3\0"u8))
        {
            input.Dispose();
            throw new IOException($"{file}: SQLite records can't be read yet");
        }

        if (count == 0 || start[0] != (byte)'{')
        {
            input.Dispose();
            throw new IOException($"{file}: is no record of Sandgate");
        }

        input.Position = 0;
        return new JsonLinesRecording(input);
    }
}
