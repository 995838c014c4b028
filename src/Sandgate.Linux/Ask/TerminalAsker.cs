using System.Diagnostics;
using System.Globalization;
using System.Text;
using Sandgate.Core;
using Sandgate.Core.Decode;
using Sandgate.Linux.Decode;
using Sandgate.Linux.Interop;
using Sandgate.Linux.Launch;

namespace Sandgate.Linux.Ask;

/// <summary>
/// Asks on the controlling terminal, which the program uses, too: its settings are put right for the
/// question and put back afterwards, and what was typed before the question is not taken for an answer.
/// </summary>
/// <param name="always">Told of an answer that holds for ever; says what became of it.</param>
public sealed unsafe class TerminalAsker(Func<Question, bool, string> always) : IAsker
{
    private const long TCGETS = 0x5401, TCSETS = 0x5402, TCFLSH = 0x540b;
    private const int TCIFLUSH = 0, O_RDWR = 2, O_NOCTTY = 0x100;
    private const int LongestLine = 256, Glance = 200;
    private const int SIGINT = 2, SIGTTOU = 22, SIG_BLOCK = 0, SIG_SETMASK = 2;

    // VEOL in c_cc, which stands behind c_line.
    private const int EndOfLine = 12;
    private const byte CtrlC = 3;

    // Flags of struct termios (termios(3)): lines, echo, signals; carriage returns as line ends; output as usual.
    private const uint ISIG = 1, ICANON = 2, ECHO = 8, ECHOE = 0x10, ICRNL = 0x100, OPOST = 1, ONLCR = 4;

    private struct Settings
    {
        public uint Input, Output, Control, Local;
        public fixed byte Rest[20];
    }

    /// <inheritdoc/>
    public Reply Ask(Question question, Func<bool> stillWaits)
    {
        // SAFETY: the literal ends in NUL.
        fixed (byte* name = "/dev/tty"u8)
        {
            int terminal = (int)Libc.Call(SyscallNumbers.openat, Files.AT_FDCWD, (long)name, O_RDWR | Files.O_CLOEXEC | O_NOCTTY);
            if (terminal < 0)
                return default;
            try
            {
                return AskOn(terminal, question, stillWaits);
            }
            finally
            {
                Files.Close(terminal);
            }
        }
    }

    private Reply AskOn(int terminal, Question question, Func<bool> stillWaits)
    {
        Stopwatch watch = Stopwatch.StartNew();
        bool Waits() => watch.Elapsed < question.Timeout && stillWaits();

        // In the background nobody looks, and reading would stop the whole job.
        int job;
        while ((job = Terminal.Foreground()) != Terminal.GroupOf(0) && !IsOurs(job))
        {
            if (!Waits())
                return default;
            Thread.Sleep(Glance);
        }

        if (job == Terminal.GroupOf(0))
            return AskInForeground(terminal, question, Waits, borrowedFrom: 0);
        BorrowTerminal();
        try
        {
            return AskInForeground(terminal, question, Waits, job);
        }
        finally
        {
            Terminal.GiveTo(job);
        }
    }

    // A shell inside gives the terminal to a job of its own: the user still sits in front of this run.
    private static bool IsOurs(int group) =>
        group > 0 && ProcessStat.DescendantsOf(Environment.ProcessId).Exists(p => Terminal.GroupOf(p) == group);

    // Taking the terminal out of the background raises SIGTTOU, unless it is blocked.
    private static void BorrowTerminal()
    {
        ulong blocked = 1ul << (SIGTTOU - 1), before = 0;

        // SAFETY: both live on this stack for the calls, and are as long as the kernel's sigset_t.
        Libc.Call(SyscallNumbers.rt_sigprocmask, SIG_BLOCK, (long)(&blocked), (long)(&before), sizeof(ulong));
        Terminal.GiveTo(Terminal.GroupOf(0));
        Libc.Call(SyscallNumbers.rt_sigprocmask, SIG_SETMASK, (long)(&before), 0, sizeof(ulong));
    }

    private Reply AskInForeground(int terminal, Question question, Func<bool> waits, int borrowedFrom)
    {
        Settings before, during;

        // SAFETY: both live on this stack for the calls, and are as long as the kernel's struct termios.
        if (Libc.Call(SyscallNumbers.ioctl, terminal, TCGETS, (long)(&before)) < 0)
            return default;
        during = before;
        during.Input |= ICRNL;
        during.Output |= OPOST | ONLCR;
        during.Local |= ISIG | ICANON | ECHO | ECHOE;
        if (borrowedFrom > 0)
        {
            // Ctrl-C is meant for the job, which the terminal now can't reach: it is read, and passed on.
            during.Local &= ~ISIG;
            during.Rest[EndOfLine] = CtrlC;
        }

        Libc.CallBlocking(SyscallNumbers.ioctl, terminal, TCSETS, (long)(&during));
        Libc.Call(SyscallNumbers.ioctl, terminal, TCFLSH, TCIFLUSH);
        try
        {
            Write(terminal, TextOf(question));
            return ReadAnswer(terminal, question, waits, borrowedFrom);
        }
        finally
        {
            Libc.CallBlocking(SyscallNumbers.ioctl, terminal, TCSETS, (long)(&before));
        }
    }

    private static string TextOf(Question question)
    {
        StringBuilder text = new("sandgate: ");
        CallText.AppendEscaped(text, question.Name.Length > 0 ? question.Name : "the program");
        text.Append(CultureInfo.InvariantCulture, $" (pid {question.ProcessId}) asks to {question.Text}\n");
        if (question.Resolved != question.Text)
            text.Append("          which is really ").Append(question.Resolved).Append('\n');
        text.Append("          asked by ").Append(question.Rule?.ToString() ?? "the default").Append('\n');
        return text.ToString();
    }

    private Reply ReadAnswer(int terminal, Question question, Func<bool> waits, int borrowedFrom)
    {
        string choice = question.CanBeRemembered
            ? "allow: y once, r for this run, a always; deny: n once, R for this run, A always"
            : "allow: y; deny: n";
        Write(terminal, string.Create(CultureInfo.InvariantCulture, $"          {choice} ({question.Timeout.TotalSeconds:0} s) > "));
        while (waits())
        {
            if (!HasInput(terminal))
                continue;
            string? line = ReadLine(terminal);
            if (line is null)
                return default;
            if (borrowedFrom > 0 && line is [.., (char)CtrlC])
            {
                Write(terminal, "\n");
                Libc.Call(SyscallNumbers.kill, -borrowedFrom, SIGINT);
                return new(false, Remember: false);
            }

            switch (line)
            {
                case "y" or "yes": return new(true, Remember: false);
                case "n" or "no": return new(false, Remember: false);
                case "r" or "R" when question.CanBeRemembered: return new(line == "r", Remember: true);
                case "a" or "A" when question.CanBeRemembered:
                    Write(terminal, $"          {always(question, line == "a")}\n");
                    return new(line == "a", Remember: true);
                default:
                    Write(terminal, $"          {choice} > ");
                    break;
            }
        }

        Write(terminal, "\n          (no answer)\n");
        return default;
    }

    private static bool HasInput(int terminal)
    {
        PollDescriptor poll = new() { Descriptor = terminal, Events = PollDescriptor.POLLIN };

        // SAFETY: poll lives on this stack for the whole call.
        return Libc.CallBlocking(SyscallNumbers.poll, (long)(&poll), 1, Glance) > 0;
    }

    private static string? ReadLine(int terminal)
    {
        byte* line = stackalloc byte[LongestLine];

        // SAFETY: line is as long as is said.
        long count = Libc.CallBlocking(SyscallNumbers.read, terminal, (long)line, LongestLine);
        return count <= 0 ? null : Encoding.UTF8.GetString(new ReadOnlySpan<byte>(line, (int)count)).Trim();
    }

    private static void Write(int terminal, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);

        // SAFETY: bytes is pinned for the whole call.
        fixed (byte* start = bytes)
            Libc.CallBlocking(SyscallNumbers.write, terminal, (long)start, bytes.Length);
    }
}
