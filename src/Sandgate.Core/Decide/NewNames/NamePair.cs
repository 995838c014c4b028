using Sandgate.Core.Decode;

namespace Sandgate.Core.Decide.NewNames;

/// <summary>Something's old and its new name, as conditions are asked about them.</summary>
/// <param name="Old">The old one.</param>
/// <param name="New">The new one.</param>
/// <param name="IsTree">True when everything below is meant, and not the thing itself.</param>
/// <param name="Operation">The operation that is asked about.</param>
/// <param name="At">Which of its arguments the name is.</param>
internal readonly record struct NamePair(string Old, string New, bool IsTree, OperationInfo Operation, int At)
{
    /// <summary>The way back.</summary>
    public NamePair Reversed => this with { Old = New, New = Old };
}
