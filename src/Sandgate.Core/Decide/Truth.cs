namespace Sandgate.Core.Decide;

/// <summary>The value of a condition. What could not be read makes it <see cref="Unknown"/>, never silently false.</summary>
public enum Truth : byte
{
    /// <summary>The condition does not hold.</summary>
    False,

    /// <summary>It can't be told.</summary>
    Unknown,

    /// <summary>The condition holds.</summary>
    True,
}

/// <summary>Which forms of a path a condition may match.</summary>
public enum Reading : byte
{
    /// <summary>Any form: as given, as directory entry, as resolved. Denies are read so.</summary>
    AnyForm,

    /// <summary>Only the real file. Allows are read so; else <c>./../etc/passwd</c> would ride on an allow of <c>./*</c>.</summary>
    ResolvedOnly,

    /// <summary>A deny under <c>not</c>: only the real file, and any form again under a second <c>not</c>.</summary>
    AnyFormNegated,
}
