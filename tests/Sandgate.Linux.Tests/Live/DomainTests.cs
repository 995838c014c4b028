namespace Sandgate.Linux.Tests.Live;

/// <summary>
/// Rules on domains, with a name server of our own. Every test runs twice: as it is, and where the supervisor may not
/// copy sockets, as in a default container. Nobody listens on port 9999, so that a connect that is let through is refused by the kernel.
/// </summary>
public class DomainTests
{
    private const string Good = "127.0.0.2", Evil = "127.0.0.3", Resolver = "127.0.0.53";
    private const string OnlyGood = """
        { "rule_table": [
          { "on": ["connect"], "when": "domain == \"good.test\"", "action": "allow" },
          { "on": ["connect"], "when": "port == 9999", "action": "not_allow" } ] }
        """;

    private const string Connect = """
        import socket, sys
        for name in sys.argv[1:]:
            try:
                found = socket.getaddrinfo(name, 9999, type=socket.SOCK_STREAM)
            except OSError:
                print(name, "unknown")
                continue
            for kind, _, _, _, address in found:
                try:
                    socket.socket(kind).connect(address)
                except OSError as error:
                    print(name, address[0], type(error).__name__)
        """;

    private const string Greet = """
        import os, socket, ssl, sys
        server = socket.create_server(("127.0.0.2", 0))
        client = socket.create_connection(server.getsockname())
        for name in sys.argv[1:]:
            out = ssl.MemoryBIO()
            tls = ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), out, server_hostname=name)
            try:
                tls.do_handshake()
            except ssl.SSLWantReadError:
                pass
            hello = out.read()
            for how, call in (("send", lambda: client.send(hello)), ("write", lambda: os.write(client.fileno(), hello)),
                              ("writev", lambda: os.writev(client.fileno(), [hello[:9], hello[9:]])), ("sendmsg", lambda: client.sendmsg([hello]))):
                try:
                    print(name, how, call() == len(hello))
                except PermissionError:
                    print(name, how, "refused")
        """;

    // A filter around Sandgate: call 438, pidfd_getfd, fails with EPERM. Then the program given is executed.
    private const string Without = """
        $f = pack("SCCL" x 4, 0x20,0,0,0, 0x15,0,1,438, 0x06,0,0,0x50001, 0x06,0,0,0x7fff0000);
        syscall(157, 38, 1, 0, 0, 0) == 0 && syscall(317, 1, 0, pack("Sx6P", 4, $f)) == 0 or die "seccomp: $!";
        exec @ARGV;
        """;

    private static readonly string s_forge = Repository.PathOf("tests/standin/forge.py");

    private static (string[] Lines, string[] Asked, Result Result) Run(bool copies, string rules, string[] records, string options, params string[] command)
    {
        using Sandbox box = new();
        box.Variables["OPTIONS"] = options;
        string[] around = copies ? [] : ["perl", "-e", Without];
        Result result = box.Start([
            Repository.PathOf("tests/standin/with-dns.sh"), Resolver, .. records, "--",
            .. around, Sandbox.Sandgate, "run", "-q", "-c", box.Write("rules.json", rules), "--", .. command]);
        string[] halves = result.Out.Split("--- asked\n");
        Assert.True(halves.Length == 2, result.ToString());
        return (halves[0].Split('\n', StringSplitOptions.RemoveEmptyEntries), halves[1].Split('\n', StringSplitOptions.RemoveEmptyEntries), result);
    }

    [Theory]
    [InlineData(true, "")]
    [InlineData(false, "")]
    [InlineData(true, "use-vc")]
    [InlineData(false, "use-vc")]
    public void Only_one_domain_can_be_reached(bool copies, string options)
    {
        string[] records = [$"good.test={Good}", "good.test=127.0.0.4", "good.test=::1", $"evil.test={Evil}", "www.test=edge.test", "edge.test=good.test"];
        (string[] lines, _, Result result) = Run(copies, OnlyGood, records, options, "python3", "-c", Connect, "evil.test", "GOOD.test", "www.test", "hosts.test", "none.test", "127.0.0.9", Good);
        Assert.Equal(
            [
                "127.0.0.9 127.0.0.9 PermissionError", $"127.0.0.2 {Good} ConnectionRefusedError", "GOOD.test 127.0.0.2 ConnectionRefusedError", "GOOD.test 127.0.0.4 ConnectionRefusedError",
                "GOOD.test ::1 ConnectionRefusedError", "evil.test 127.0.0.3 PermissionError", "hosts.test 127.0.0.7 PermissionError", "none.test unknown",
                "www.test 127.0.0.2 ConnectionRefusedError", "www.test 127.0.0.4 ConnectionRefusedError", "www.test ::1 ConnectionRefusedError",
            ],
            lines.Order(StringComparer.Ordinal).OrderBy(l => !l.StartsWith("127", StringComparison.Ordinal)).ThenBy(l => l.StartsWith("127.0.0.2", StringComparison.Ordinal)));
        Assert.DoesNotContain("defect", result.Err);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void An_answer_too_large_for_a_datagram_is_learnt_too(bool copies)
    {
        (string[] lines, string[] asked, _) = Run(copies, OnlyGood, [$"good.test=large:{Good}"], "", "python3", "-c", Connect, "good.test");
        Assert.Equal([$"good.test {Good} ConnectionRefusedError"], lines);
        Assert.Contains("tcp A good.test", asked);
    }

    [Fact]
    public void What_could_be_seen_is_not_asked_again()
    {
        (_, string[] asked, _) = Run(true, OnlyGood, [$"good.test={Good}", $"evil.test={Evil}"], "", "python3", "-c", Connect, "good.test", "evil.test");
        Assert.Equal(["udp A evil.test", "udp A good.test", "udp AAAA evil.test", "udp AAAA good.test"], asked.Order());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_hosts_file_names_addresses_and_is_out_of_the_programs_reach(bool copies)
    {
        string rules = OnlyGood.Replace("good.test", "hosts.test", StringComparison.Ordinal);
        (string[] lines, _, _) = Run(copies, rules, [], "", "bash", "-c", $"echo '{Evil} hosts.test' >> /etc/hosts; python3 -c '{Connect}' hosts.test {Evil}");
        Assert.Equal(["hosts.test 127.0.0.7 ConnectionRefusedError", $"{Evil} {Evil} PermissionError"], lines);
    }

    public static TheoryData<bool, string> Ways()
    {
        TheoryData<bool, string> ways = [];
        foreach (string way in new[] { "none", "pair", "address", "port", "dup", "spoofed", "network", "offset", "middle", "stream-offset" })
        {
            ways.Add(true, way);
            ways.Add(false, way);
        }

        return ways;
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void No_answer_can_be_forged(bool copies, string way)
    {
        using Sandbox box = new();
        string text = box.Start(["python3", s_forge, "text", Evil]).Out.Trim();
        string[] records = [$"good.test={Good}", $"text.test=text:{text}", $"other.test=other:{Evil}"];
        (string[] lines, _, Result result) = Run(copies, OnlyGood, records, "", "python3", s_forge, way, Resolver, Evil);
        Assert.True(lines is ["PermissionError"], result.ToString());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void An_answer_about_another_name_teaches_nothing(bool copies)
    {
        foreach (string rules in (string[])[OnlyGood.Replace("good.test", "other.good.test", StringComparison.Ordinal), OnlyGood])
        {
            (string[] lines, _, Result result) = Run(copies, rules, [$"good.test=other:{Evil}"], "", "python3", s_forge, "learn", Resolver, Evil);
            Assert.True(lines is ["PermissionError"], result.ToString());
        }
    }

    [Fact]
    public void A_question_that_was_refused_is_not_asked_in_the_programs_place()
    {
        string rules = """
            { "rule_table": [
              { "on": ["connect", "send"], "when": "port == 53", "action": "not_allow" },
              { "on": ["connect"], "when": "domain == \"good.test\"", "action": "not_allow" } ] }
            """;
        string ask = $"import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); q = bytes.fromhex('123401000001000000000000') + b'\\x06secret\\x04test\\0\\0\\1\\0\\1'\n"
            + $"for f in (lambda: s.sendto(q, ('{Resolver}', 53)), lambda: s.connect(('{Resolver}', 53)), lambda: s.send(q), lambda: socket.create_connection(('{Evil}', 9999))):\n"
            + "    try: f()\n    except OSError as e: print(type(e).__name__)";
        (string[] lines, string[] asked, Result result) = Run(false, rules, [], "", "python3", "-c", ask);
        Assert.True(lines is ["PermissionError", "PermissionError", _, "ConnectionRefusedError"], result.ToString());
        Assert.Empty(asked);
    }

    [Fact]
    public void A_greeting_names_its_server()
    {
        const string Rules = """{ "rule_table": [ { "on": ["send", "write"], "when": "domain == \"evil.example\"", "action": "not_allow" } ] }""";
        (string[] lines, _, _) = Run(true, Rules, [], "", "python3", "-c", Greet, "Evil.example", "good.example");
        Assert.Equal(
            [
                "Evil.example send refused", "Evil.example write refused", "Evil.example writev refused", "Evil.example sendmsg refused",
                "good.example send True", "good.example write True", "good.example writev True", "good.example sendmsg True",
            ],
            lines);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Ordinary_programs_are_understood(bool copies)
    {
        string[] records = [$"good.test={Good}", $"evil.test={Evil}"];
        (string[] lines, _, Result result) = Run(copies, OnlyGood, records, "", "bash", "-c",
            "getent ahostsv4 good.test | head -n 1; for name in good evil; do curl -sv -m 5 http://$name.test:9999/ 2>&1 | grep -o -E 'connect to .* failed|Connection refused|Operation not permitted|Permission denied' | tail -n 1; done");
        Assert.True(lines is [['1', '2', '7', '.', '0', '.', '0', '.', '2', ..], ..], result.ToString());
    }
}
