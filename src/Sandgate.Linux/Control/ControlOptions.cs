using Sandgate.Core;
using Sandgate.Core.Control;
using Sandgate.Core.Decide;

namespace Sandgate.Linux.Control;

/// <summary>How a run lets itself be steered.</summary>
/// <param name="Session">Its name.</param>
/// <param name="Version">Sandgate's own version.</param>
/// <param name="Feed">The sink that subscribed clients hear from.</param>
/// <param name="ReadRule">Reads a rule of a client's, which stands at a place. It throws what the readers of rules throw.</param>
/// <param name="Keep">Told of an answer that holds for ever; says what became of it.</param>
public sealed record ControlOptions(
    string Session, string Version, EventFeed Feed, Func<string, SourcePlace, Rule> ReadRule, Func<Question, bool, string>? Keep)
{
    /// <summary>Where to listen for clients from afar; null for nowhere.</summary>
    public Remote.RemoteOptions? Remote { get; init; }
}
