using System.Text;
using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Launch;

/// <summary>
/// Standard error by write(2). The runtime's own console class is not used: it changes the
/// terminal's mode, and the terminal belongs to the program.
/// </summary>
public static class StandardError
{
    private const int Descriptor = 2, EINTR = 4, EAGAIN = 11;
    private const long TCGETS = 0x5401;

    /// <summary>True when a person looks: standard error is a terminal, and NO_COLOR (no-color.org) is not set.</summary>
    public static unsafe bool WantsColour()
    {
        byte* termios = stackalloc byte[64];

        // SAFETY: the kernel's struct termios is 36 bytes.
        return string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"))
            && Libc.Call(SyscallNumbers.ioctl, Descriptor, TCGETS, (long)termios) == 0;
    }

    /// <summary>Writes a short text if there is room for it now; false when there isn't.</summary>
    public static bool TryWrite(string text)
    {
        bool room = HasRoom(text);
        if (room)
            Write(text);
        return room;
    }

    /// <summary>True when a short text could be written now without waiting for whoever reads.</summary>
    public static unsafe bool HasRoom(string text)
    {
        PollDescriptor poll = new() { Descriptor = Descriptor, Events = PollDescriptor.POLLOUT };

        // SAFETY: poll lives on this stack for the whole call. A pipe that polls writable has room for PIPE_BUF bytes.
        return text.Length < 1024 && Libc.Call(SyscallNumbers.poll, (long)(&poll), 1, 0) == 1 && (poll.Returned & PollDescriptor.POLLOUT) != 0;
    }

    /// <summary>Writes a whole text; gives up when standard error is closed.</summary>
    public static unsafe void Write(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);

        // From the background a terminal may be written to only so (termios(3), TOSTOP), and the program may have put the supervisor there.
        using BlockedSignals none = new();
        fixed (byte* start = bytes)
        {
            for (int at = 0; at < bytes.Length;)
            {
                // SAFETY: the rest of the pinned array.
                long count = Libc.CallBlocking(SyscallNumbers.write, Descriptor, (long)(start + at), bytes.Length - at);
                if (count == -EAGAIN)
                    WaitUntilWritable();
                else if (count is < 0 and not -EINTR)
                    return;
                else
                    at += (int)Math.Max(0, count);
            }
        }
    }

    // Somebody else's O_NONBLOCK on a shared terminal or pipe is no reason to lose a line.
    private static unsafe void WaitUntilWritable()
    {
        PollDescriptor poll = new() { Descriptor = Descriptor, Events = PollDescriptor.POLLOUT };

        // SAFETY: poll lives on this stack for the whole call.
        Libc.CallBlocking(SyscallNumbers.poll, (long)(&poll), 1, -1);
    }
}
