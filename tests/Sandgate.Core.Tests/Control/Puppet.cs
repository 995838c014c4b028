using System.Text.Json;
using Sandgate.Core.Control;
using Sandgate.Core.Decide;

namespace Sandgate.Core.Tests.Control;

/// <summary>A session that only notes what it is told.</summary>
internal sealed class Puppet : ISteered
{
    public List<string> Done { get; } = [];

    public string Session => "puppet";

    public string Version => "0";

    public AskDesk Desk { get; init; } = new(null, null, TimeProvider.System);

    public void WriteStatus(Utf8JsonWriter json) => json.WriteString("state", "running");

    public bool Pause(string by)
    {
        Done.Add($"pause by {by}");
        return true;
    }

    public bool Resume(string by) => false;

    public void Kill(string by) => Done.Add("kill");

    public (int Version, IReadOnlyList<RuleInForce> Rules) Rules() => (3, [new(World.Read("""{"rules": {"open": {"*": "log"}}}""").Rules[0], 4, "me")]);

    public long AddRule(string text, TimeSpan? ttl, string by)
    {
        Done.Add($"add {text} for {ttl}");
        return 9;
    }

    public void RemoveRule(long id, string by) => throw new ControlException($"no rule {id}");

    public string ReloadRules(string by) => "read again";

    public void Answered(string text, string by) => Done.Add(text);
}

/// <summary>A client with a name.</summary>
internal sealed class Stranger : IControlClient
{
    public string By => "me";

    public Feed Feed { get; set; }
}
