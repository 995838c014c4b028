using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace Sandgate.Linux.Tests.Live;

/// <summary>connect, bind and the sending calls are done on what was judged; a program that races doesn't get past, one that doesn't sees no difference.</summary>
public partial class SocketTests
{
    // Natively a call takes a microsecond: with fewer, a busy machine lets none of the other thread's turns in between.
    private const int Rounds = 3000, NativeRounds = 60_000;

    [GeneratedRegex(@"^[a-z0-9-]+ = (\d+) leaks, (\d+) of \d+ done\n$")]
    private static partial Regex Tally { get; }

    /// <summary>A race, and the rule that it tries to get past: PORT, FORBIDDEN and DIR are filled in.</summary>
    public static TheoryData<string, string> Races => new()
    {
        { "race-connect PORT FORBIDDEN", "connect ('127.0.0.1:FORBIDDEN') = not_allow" },
        { "race-bind PORT FORBIDDEN", "bind ('127.0.0.1:FORBIDDEN') = not_allow" },
        { "race-sendto PORT FORBIDDEN", "connect ('127.0.0.1:FORBIDDEN') = not_allow" },
        { "race-sendmsg PORT FORBIDDEN", "connect ('127.0.0.1:FORBIDDEN') = not_allow" },
        { "race-sendmmsg PORT FORBIDDEN", "connect ('127.0.0.1:FORBIDDEN') = not_allow" },
        { "race-content PORT", "send (*, '*secret*') = not_allow" },
        { "race-dup2 PORT FORBIDDEN", "send ('127.0.0.1:FORBIDDEN') = not_allow" },
        { "race-unix DIR/good/s DIR/bad/s", "connect ('unix:DIR/bad/s') = not_allow" },
        { "race-unix DIR/good/s DIR/bad/s N DIR/link", "connect ('unix:DIR/bad/s') = not_allow" },
        { "race-bind-unix DIR/good DIR/bad DIR/link", "bind ('unix:DIR/bad/*') = not_allow" },
    };

    [Theory]
    [MemberData(nameof(Races))]
    public void A_race_is_not_won(string race, string rule)
    {
        using Sandbox box = new();
        Directory.CreateDirectory(box.PathOf("good"));
        Directory.CreateDirectory(box.PathOf("bad"));
        (int good, int bad) = (FreePort(), FreePort());
        string Fill(string text) => text.Replace("FORBIDDEN", $"{bad}", StringComparison.Ordinal).Replace("PORT", $"{good}", StringComparison.Ordinal).Replace("DIR", box.Directory, StringComparison.Ordinal);
        string[] Command(int rounds) => Fill(race.Contains(" N ", StringComparison.Ordinal) ? race.Replace(" N ", $" {rounds} ", StringComparison.Ordinal) : $"{race} {rounds}").Split(' ');

        // On a busy machine the threads may not meet at once.
        Match native = Match.Empty;
        for (int again = 0; again < 20 && !(native.Success && native.Groups[1].Value != "0"); again++)
            native = Tally.Match(box.Native(Command(race.Contains("bind-unix", StringComparison.Ordinal) ? Rounds * 10 : NativeRounds)).Out);
        Assert.True(native.Success && native.Groups[1].Value != "0", "proves nothing: the forbidden meaning never came up natively");
        Result raced = box.Under(Fill(rule), Command(Rounds));
        Match tally = Tally.Match(raced.Out);
        Assert.True(tally.Success, raced.ToString());
        Assert.Equal("0", tally.Groups[1].Value);
        Assert.NotEqual(0, int.Parse(tally.Groups[2].Value, CultureInfo.InvariantCulture));
        Assert.NotEmpty(raced.Denials);
    }

    [Fact]
    public void A_program_that_does_not_race_sees_no_difference()
    {
        using Sandbox box = new();
        string program = Repository.PathOf("tests/workloads/programs/sockets.py");
        Result native = box.Start(["python3", program]);
        Assert.EndsWith("done\n", native.Out, StringComparison.Ordinal);
        Result inside = box.Run(["-e", "connect ('9.9.9.9:*') = not_allow", "-e", "send ('9.9.9.9:*') = not_allow", "-e", "bind ('9.9.9.9:*') = not_allow"], "python3", program);
        Assert.Equal(native.Out, inside.Out);
        Assert.Empty(inside.Said);
    }

    // An internet socket takes an address of no family for one of its own.
    [Fact]
    public void An_address_without_a_family_is_judged_as_what_it_means()
    {
        using Sandbox box = new();
        int port = FreePort();
        string program = box.Write("unspecified.py", $$"""
            import ctypes, socket, struct, os
            libc = ctypes.CDLL(None, use_errno=True)
            r = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); r.bind(('127.0.0.1', {{port}})); r.settimeout(1)
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            a = struct.pack('=H', 0) + struct.pack('!H', {{port}}) + bytes([127, 0, 0, 1]) + bytes(8)
            n = libc.sendto(s.fileno(), b'x', 1, 0, a, 16)
            print(n, os.strerror(ctypes.get_errno()) if n < 0 else r.recv(9))
            """);
        Assert.Equal("1 b'x'\n", box.Start(["python3", program]).Out);
        Assert.Equal("-1 Operation not permitted\n", box.Run(["-e", $"connect ('127.0.0.1:{port}') = not_allow"], "python3", program).Out);
    }

    [Fact]
    public void The_record_says_emulated()
    {
        using Sandbox box = new();
        (_, System.Text.Json.JsonElement[] events) = box.Record(["-e", "connect ('9.9.9.9:*') = not_allow", "--trace=connect"], Sandbox.Victim, "connect-udp", "127.0.0.1", "9");
        Assert.Contains(events, e => e.ToString().Contains("\"emulated\"", StringComparison.Ordinal));
    }

    private static int FreePort()
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
