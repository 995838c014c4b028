using System.Buffers;
using System.Text.Json;
using Sandgate.Linux.Confine.Limits;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux;

/// <summary>Tells whoever started the supervisor how the run goes: JSON lines, to a descriptor that the program doesn't inherit.</summary>
internal sealed class StatusLines
{
    private const int F_GETFD = 1, F_GETFL = 3, O_ACCMODE = 3, EBADF = 9, EINTR = 4;

    private readonly int? _descriptor;

    /// <summary>Checks the descriptor.</summary>
    /// <param name="descriptor">Where to write; null for nowhere.</param>
    /// <param name="kept">The descriptors that the program inherits.</param>
    /// <exception cref="SandboxException">It can't be used.</exception>
    public StatusLines(int? descriptor, int[] kept)
    {
        _descriptor = descriptor;
        if (descriptor is not { } number)
            return;
        if (number <= 2 || kept.Contains(number))
            throw new SandboxException($"cannot write the status to descriptor {number}: the program has it, too; nothing was run");

        // What the runtime opened for itself is marked to be closed by execve; what was inherited can't be.
        if (Libc.Call(SyscallNumbers.fcntl, number, F_GETFD) != 0 || (Libc.Call(SyscallNumbers.fcntl, number, F_GETFL) & O_ACCMODE) == Files.O_RDONLY)
            throw new SandboxException($"write the status to descriptor {number}", EBADF, "nothing was run; it is not open for writing");
    }

    /// <summary>The program runs.</summary>
    public void Started(int program) => Write(json =>
    {
        json.WriteString("event", "started");
        json.WriteNumber("pid", program);
    });

    /// <summary>The run is over.</summary>
    /// <param name="status">The exit status.</param>
    /// <param name="usage">What was used; null when nothing ran.</param>
    /// <param name="limit">The limit that ended the program; null when none did.</param>
    public void Ended(int status, Usage? usage, string? limit) => Write(json =>
    {
        json.WriteString("event", "ended");
        json.WriteNumber("status", status);
        json.WritePropertyName("usage");
        if (usage is null)
            json.WriteNullValue();
        else
            Write(json, usage);
        json.WriteString("limit", limit);
    });

    private static void Write(Utf8JsonWriter json, Usage usage)
    {
        json.WriteStartObject();
        json.WriteNumber("seconds", Math.Round(usage.Time.TotalSeconds, 3));
        json.WriteNumber("cpu_seconds", Math.Round(usage.Cpu.TotalSeconds, 3));
        WriteNumber(json, "peak_memory", usage.PeakMemory);
        WriteNumber(json, "most_processes", usage.MostTasks);
        json.WriteNumber("refused_processes", usage.RefusedTasks);
        json.WriteNumber("disk_written", usage.Written);
        json.WriteEndObject();
    }

    private static void WriteNumber(Utf8JsonWriter json, string name, long? value)
    {
        if (value is { } known)
            json.WriteNumber(name, known);
        else
            json.WriteNull(name);
    }

    private unsafe void Write(Action<Utf8JsonWriter> fill)
    {
        if (_descriptor is not { } descriptor)
            return;
        ArrayBufferWriter<byte> line = new();
        using (Utf8JsonWriter json = new(line))
        {
            json.WriteStartObject();
            fill(json);
            json.WriteEndObject();
        }

        line.Write("\n"u8);
        ReadOnlySpan<byte> rest = line.WrittenSpan;
        fixed (byte* start = rest)
        {
            for (long at = 0; at < rest.Length;)
            {
                // SAFETY: the rest of the pinned line.
                long count = Libc.CallBlocking(SyscallNumbers.write, descriptor, (long)(start + at), rest.Length - at);

                // Nobody reads any more.
                if (count is < 0 and not -EINTR)
                    return;
                at += Math.Max(0, count);
            }
        }
    }
}
