using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Sandgate.Linux.Tests.Live;

/// <summary>
/// No way round a rule: each attack of tests/attack/attacks.txt is tried without Sandgate, where it must get through, and
/// under its rules, where it must not; as root and as an ordinary user.
/// </summary>
[Collection(nameof(Alone))]
public class AttackTests(AttackTests.Ground ground) : IClassFixture<AttackTests.Ground>
{
    private const string User = "user", Root = "root";
    private const int Through = 0, Held = 1, Refused = 125, Killed = 137;

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(4);
    private static readonly Attack[] s_attacks = Read();

    /// <summary>A line of attacks.txt.</summary>
    private sealed record Attack(string Name, string Who, bool Alone, string Tries, int Natively, bool Racy, string[] Rules);

    /// <summary>A directory for everybody, with both programs in it.</summary>
    public sealed class Ground : IDisposable
    {
        internal Sandbox Box { get; } = new();
        internal string Sandgate { get; }
        internal string Program { get; }

        public Ground()
        {
            File.SetUnixFileMode(Box.Directory, (UnixFileMode)0x1ed);
            Sandgate = Box.PathOf("sandgate");
            Program = Box.PathOf("attack");
            File.Copy(Sandbox.Sandgate, Sandgate);
            File.Copy(Repository.PathOf("artifacts/attack/attack"), Program);
        }

        public void Dispose() => Box.Dispose();
    }

    public static TheoryData<string, string> Cases()
    {
        TheoryData<string, string> cases = [];
        foreach (Attack attack in s_attacks)
        {
            if (attack.Who != Root)
                cases.Add(attack.Name, User);
            if (attack.Who != User)
                cases.Add(attack.Name, Root);
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task An_attack_that_gets_through_natively_does_not_get_round_its_rules(string name, string who)
    {
        Attack attack = s_attacks.Single(a => a.Name == name);
        string port = FreePort().ToString(CultureInfo.InvariantCulture);
        string[] command = [ground.Program, name.Split('/')[0], attack.Tries];
        string[] options = [.. attack.Rules.SelectMany(r => Options(r.Replace("{port}", port, StringComparison.Ordinal)))];

        // Both at once, but for races: their threads would take the processors from each other.
        Task<Result> natively = Task.Run(() => Try(attack, who, FreePort().ToString(CultureInfo.InvariantCulture), command));
        if (attack.Tries != "1")
        {
            // On a busy machine the threads may not meet at once.
            for (int again = 0; again < 20 && (await natively).Status != attack.Natively; again++)
                natively = Task.Run(() => Try(attack, who, FreePort().ToString(CultureInfo.InvariantCulture), command));
        }

        string[] strict = attack.Racy ? ["--strict"] : [];
        Task<Result> ruled = Task.Run(() => Try(attack, who, port, [ground.Sandgate, "run", "-q", .. strict, .. options, "--", .. command]));
        Result free = await natively, held = await ruled;
        Assert.True(free.Status == attack.Natively, $"proves nothing, natively it ends otherwise: {free}");

        if (attack.Racy)
        {
            // The label is true, and whoever asks for rules that hold gets no others.
            Assert.True(held.Status == Refused && held.Err.Contains("is racy", StringComparison.Ordinal), $"{name}, {who}: {held}");
            return;
        }

        // What only the kernel can do is looked at afterwards: an attack on it ends the whole tree.
        bool killed = held.Status == Killed && held.Err.Contains("sandgate: killed the program: ", StringComparison.Ordinal) && held.Out.Length == 0;
        Assert.True(killed || (held.Status == Held && held.Out.StartsWith("held, ", StringComparison.Ordinal)), $"{name}, {who}: {held}");
    }

    [Fact]
    public void Every_attack_has_its_rules()
    {
        Result list = ground.Box.Start([ground.Program, "list"]);
        Assert.Equal(
            list.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split(' ')[0]).Order(StringComparer.Ordinal),
            s_attacks.Select(a => a.Name.Split('/')[0]).Distinct().Order(StringComparer.Ordinal));
        Assert.Equal(s_attacks.Length, s_attacks.Select(a => a.Name).Distinct().Count());
    }

    private Result Try(Attack attack, string who, string port, string[] command)
    {
        using Sandbox box = new() { Variables = { ["ATTACK_PORT"] = port, ["ATTACK_ALONE"] = attack.Alone ? "1" : null } };
        string stage = box.PathOf("stage");
        string[] person = who == Root ? [] : ["setpriv", "--reuid", "4250", "--regid", "4250", "--clear-groups", "--"];
        string[] space = (attack.Alone, who) switch
        {
            (false, _) => [],
            (_, Root) => ["unshare", "--pid", "--fork", "--mount-proc"],
            _ => ["unshare", "--user", "--map-current-user", "--pid", "--fork", "--mount-proc"],
        };

        // The first process of a pid namespace gets no signal from inside it: it must be another than the supervisor.
        if (attack.Alone)
            space = [.. space, "sh", "-c", "\"$@\"; exit $?", "sh"];
        box.Variables["HOME"] = stage;
        Directory.CreateDirectory(stage);
        File.SetUnixFileMode(box.Directory, (UnixFileMode)0x1ff);
        File.SetUnixFileMode(stage, (UnixFileMode)0x1ff);
        Result staged = box.Start(["env", "-C", stage, .. person, ground.Program, "stage"]);
        Assert.True(staged.Status == 0, staged.ToString());
        return box.Start(["env", "-C", stage, "setsid", "-w", .. person, .. space, .. command], s_patience);
    }

    private static string[] Options(string rule) => rule[0] == '-' ? rule.Split(' ') : ["-e", rule];

    private static int FreePort()
    {
        using Socket probe = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        probe.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)probe.LocalEndPoint!).Port;
    }

    private static Attack[] Read()
    {
        Dictionary<string, string> named = [];
        List<Attack> attacks = [];
        foreach (string line in File.ReadLines(Repository.PathOf("tests/attack/attacks.txt")))
        {
            if (line.Length == 0 || line[0] == '#')
                continue;
            string[] parts = line.Split(" | ");
            if (parts[0].StartsWith("= ", StringComparison.Ordinal))
            {
                named["{" + parts[0][2..] + "}"] = parts[1];
                continue;
            }

            string[] who = parts[1].Split(' ');
            string rules = named.GetValueOrDefault(parts[4], parts[4]);
            attacks.Add(new(
                parts[0], who[0], who.Contains("alone"), parts[2].Split(' ')[0],
                parts[3] switch { "through" or "racy" => Through, "held" => Held, _ => throw new FormatException(line) }, parts[3] == "racy",
                rules == "-" ? [] : rules.Split(" & ")));
        }

        return [.. attacks];
    }
}
