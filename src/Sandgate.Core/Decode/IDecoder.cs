using Sandgate.Core.Trap;

namespace Sandgate.Core.Decode;

/// <summary>Turns a stopped thread's registers and memory into a <see cref="Call"/>.</summary>
public interface IDecoder
{
    /// <summary>
    /// Understands the call at which <paramref name="stop"/> holds its thread. Never throws for
    /// anything the program does: what can't be read is <see cref="Argument.Unreadable"/>.
    /// </summary>
    /// <param name="stop">The stopped thread.</param>
    /// <param name="needs">What to read; less is faster.</param>
    /// <param name="mayBlock">False on the loop's thread: then null is returned instead of waiting for a slow file system, and a worker asks again.</param>
    Call? Decode(Stop stop, Needs needs, bool mayBlock);

    /// <summary>Lets go of what the last call was carried out on.</summary>
    void LetGo()
    {
    }
}
