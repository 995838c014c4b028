namespace Sandgate.Core.Decide;

/// <summary>What a configuration expects of itself: a call, and its verdict.</summary>
/// <param name="Text">The call as the user wrote it.</param>
/// <param name="Call">The same, read.</param>
/// <param name="Expected">The verdict it must get.</param>
/// <param name="Rule">The name or text of the rule that must decide; null when any may.</param>
/// <param name="Place">Where it is written.</param>
public sealed record PolicyTest(string Text, Call Call, RuleAction Expected, string? Rule, SourcePlace Place);
