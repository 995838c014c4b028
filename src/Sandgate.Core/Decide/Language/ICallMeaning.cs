using Sandgate.Core.Decode;

namespace Sandgate.Core.Decide.Language;

/// <summary>What the paths of a call mean to the process that asks about it.</summary>
public interface ICallMeaning
{
    /// <summary>A path argument, with the real file that it means; unresolved when that can't be told.</summary>
    /// <param name="text">The path as it was given.</param>
    /// <param name="followLast">Whether a link in the last place is followed.</param>
    Argument PathOf(string text, bool followLast);

    /// <summary>The errno that the kernel must answer a call on one of these paths with; 0 when it may succeed.</summary>
    int CertainErrno { get; }
}
