using System.CommandLine;

namespace Sandgate.Cli.Commands;

/// <summary><c>sandgate canary</c>: the process that the doctor lets attempt forbidden things; nobody else has a use for it.</summary>
internal static class CanaryCommand
{
    /// <summary>The verb.</summary>
    public static Command Create()
    {
        Argument<string[]> scene = new("SCENE") { Arity = ArgumentArity.ZeroOrMore };
        Command canary = new("canary", "Attempts what is forbidden in the doctor's sandbox.") { scene };
        canary.Hidden = true;
        canary.SetAction(parsed => Platform.ActAsCanary(parsed.GetValue(scene) ?? []));
        return canary;
    }
}
