namespace Sandgate.Core.ProgramChannel;

/// <summary>One thing that a program asks for over its channel.</summary>
/// <param name="Id">The number by which it knows the answer again; null when it gave none.</param>
public abstract record ChannelRequest(long? Id);

/// <summary>What is the session called?</summary>
public sealed record SessionRequest(long? Id) : ChannelRequest(Id);

/// <summary>Would this call be allowed?</summary>
/// <param name="Id">The request's number.</param>
/// <param name="Call">The call's text, <c>open('/etc/passwd', 'r')</c>.</param>
public sealed record AskRequest(long? Id, string Call) : ChannelRequest(Id);

/// <summary>Something that the program wants to be written down.</summary>
/// <param name="Id">The request's number.</param>
/// <param name="Json">One JSON value in ASCII: what isn't stands as an escape.</param>
public sealed record EmitRequest(long? Id, string Json) : ChannelRequest(Id);

/// <summary>A message that is no request; the text says why.</summary>
public sealed class ChannelException(string message) : Exception(message);
