using System.Text.Json;

namespace Sandgate.Core.Control;

/// <summary>A client's connection with a session.</summary>
public interface IControlLink : IDisposable
{
    /// <summary>The session's name.</summary>
    string Session { get; }

    /// <summary>Asks for something, and waits for the answer.</summary>
    /// <exception cref="ControlException">The session refuses; the message is its own.</exception>
    /// <exception cref="IOException">It doesn't answer.</exception>
    JsonElement Request(string verb, Action<Utf8JsonWriter>? members = null);

    /// <summary>The next line that was subscribed to, however long it takes; null at the session's end.</summary>
    JsonElement? Next();
}
