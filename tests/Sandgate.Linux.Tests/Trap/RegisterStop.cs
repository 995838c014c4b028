using Sandgate.Core;
using Sandgate.Core.Decide;
using Sandgate.Core.Trap;

namespace Sandgate.Linux.Tests.Trap;

/// <summary>A call of which there are only the registers.</summary>
internal sealed class RegisterStop(int number, ulong[] registers) : Stop
{
    public override int ThreadId => Environment.ProcessId;

    public override int Number => number;

    public override ulong InstructionPointer => 0x1000;

    public override bool IsHeld => true;

    public override ulong Register(int index) => registers[index];

    public override Outcome Answer(Call call, Verdict verdict) => throw new NotSupportedException();

    public override Stop Park() => this;

    public override void Dispose()
    {
    }
}
