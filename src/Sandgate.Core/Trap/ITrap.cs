namespace Sandgate.Core.Trap;

/// <summary>Where the program's threads stop at the system calls that rules need.</summary>
public interface ITrap
{
    /// <summary>Waits for the next stopped thread; null when the last process of the tree is gone.</summary>
    Stop? Next();
}
