namespace Sandgate.Core.Doctor;

/// <summary>How hard rules of some families are to get round on this machine.</summary>
/// <param name="Rules">The families.</param>
/// <param name="Label">A label of the threat model, or <c>refused</c> where calls can only be refused, whatever the rules say.</param>
public sealed record Guarantee(string Rules, string Label);
