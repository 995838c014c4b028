using Sandgate.Linux.Confine;
using Sandgate.Linux.Confine.Unshare;
using Sandgate.Linux.Decode;
using Sandgate.Linux.Enforce.Sockets;

namespace Sandgate.Linux.ProgramChannel;

/// <summary>What is known of a sender.</summary>
internal enum Standing : byte
{
    /// <summary>It isn't of the tree.</summary>
    Stranger,

    /// <summary>The kernel names it; but somebody could have given himself out as it, or it is gone and can't be looked at.</summary>
    Unproven,

    /// <summary>It is that process, and of the tree.</summary>
    Proven,
}

/// <summary>
/// Whether a message comes from whom the kernel names (unix(7)). Another process can be named only by who has CAP_SYS_ADMIN over
/// the PID namespace he is in, and only one that is in there: the program from the start, or whoever makes a PID namespace inside.
/// </summary>
internal sealed class SenderProof(Mechanisms mechanisms)
{
    private const int CAP_SYS_ADMIN = 21;

    // Nobody nests deeper in earnest; who does has the channel's time only as often as others.
    private const int Deepest = 128;

    private bool _anyoneMayForge;
    private int _levels;

    /// <summary>Finds out what holds for the whole run, once it is certain what is in force.</summary>
    public void Begin()
    {
        _anyoneMayForge = mechanisms.Find<Capabilities>() is { } dropped ? dropped.Keeps(CAP_SYS_ADMIN)
            : SenderIdentity.Has(CAP_SYS_ADMIN) || mechanisms.Find<UserNamespace>() is not null;
        _levels = ProcessFacts.PidLevelsOf(Environment.ProcessId) + (mechanisms.Find<PidNamespace>() is null ? 0 : 1);
    }

    /// <summary>What is known of a message's sender. To be asked after everything else was read of it.</summary>
    public Standing Of(ReceivedMessage message)
    {
        int process = message.Sender;
        if (process <= 0)
            return Standing.Stranger;
        bool forged = _anyoneMayForge || ProcessFacts.PidLevelsOf(process) != _levels;
        bool? inTree = IsInTree(process);
        if (!message.IsStillThere() || inTree is null)
            return Standing.Unproven;
        return inTree == false ? Standing.Stranger : forged ? Standing.Unproven : Standing.Proven;
    }

    // Null when it is gone. A parent that ends meanwhile leaves its children to the supervisor or to process 1, so the second look finds the way.
    private static bool? IsInTree(int process)
    {
        for (int tries = 0; tries < 2; tries++)
        {
            int at = process;
            for (int depth = 0; depth < Deepest && at > 1; depth++)
            {
                at = ProcessFacts.ParentOf(at);
                if (at == Environment.ProcessId)
                    return true;
            }
        }

        return ProcessFacts.ProcessOf(process) == 0 ? null : false;
    }
}
