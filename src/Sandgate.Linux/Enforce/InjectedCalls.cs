using System.Collections.Concurrent;
using Sandgate.Linux.Trap;

namespace Sandgate.Linux.Enforce;

/// <summary>
/// The calls that the supervisor itself makes a thread of the program do. They come to the gate like any other; they pass because
/// all their registers are the expected ones and the thread is held by ptrace(2), so that it can make no other.
/// </summary>
internal static class InjectedCalls
{
    private static readonly ConcurrentDictionary<int, ulong[]> s_expected = new();

    /// <summary>Expects one call of a thread: its number, then six registers.</summary>
    public static void Expect(int thread, ulong[] call) => s_expected[thread] = call;

    /// <summary>Expects nothing more.</summary>
    public static void Forget(int thread) => s_expected.TryRemove(thread, out _);

    /// <summary>True when a stopped call is the expected one.</summary>
    public static bool Expects(SeccompStop stop) =>
        !s_expected.IsEmpty && s_expected.TryGetValue(stop.ThreadId, out ulong[]? call)
        && call[0] == (ulong)stop.Number && stop.Registers.SequenceEqual(call.AsSpan(1));
}
