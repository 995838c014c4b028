namespace Sandgate.Core.Decide;

/// <summary>Which of several matching rules wins.</summary>
public enum Evaluation : byte
{
    /// <summary>Any matching allow wins, then any matching deny, then the default.</summary>
    AllowOverrides,

    /// <summary>Any matching deny wins, then any matching allow, then the default.</summary>
    DenyOverrides,

    /// <summary>The last matching rule in the file wins; general rules come before the operation's own.</summary>
    LastMatch,
}
