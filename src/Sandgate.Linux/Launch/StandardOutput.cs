using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Launch;

/// <summary>Whoever read standard output has gone: <c>sandgate events … | head</c>.</summary>
public sealed class OutputClosedException() : IOException("nobody reads standard output any more");

/// <summary>
/// Standard output by write(2). The runtime's own stream says nothing when its reader has gone, and a long record would be
/// read to its end for nobody.
/// </summary>
public static class StandardOutput
{
    private const int Descriptor = 1, EINTR = 4, EAGAIN = 11, EPIPE = 32;

    /// <summary>Writes all of it.</summary>
    /// <exception cref="OutputClosedException">Nobody reads.</exception>
    /// <exception cref="IOException">It can't be written.</exception>
    public static unsafe void Write(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            long count;
            fixed (byte* start = bytes)
            {
                // SAFETY: the kernel reads no more than the pinned rest.
                count = Libc.CallBlocking(SyscallNumbers.write, Descriptor, (long)start, bytes.Length);
            }

            if (count == -EPIPE)
                throw new OutputClosedException();
            if (count == -EAGAIN)
                WaitUntilWritable();
            else if (count is < 0 and not -EINTR)
                throw new IOException($"standard output can't be written: error {-count}");
            else
                bytes = bytes[(int)Math.Max(0, count)..];
        }
    }

    private static unsafe void WaitUntilWritable()
    {
        PollDescriptor poll = new() { Descriptor = Descriptor, Events = PollDescriptor.POLLOUT };

        // SAFETY: poll lives on this stack for the whole call.
        Libc.CallBlocking(SyscallNumbers.poll, (long)(&poll), 1, -1);
    }
}
