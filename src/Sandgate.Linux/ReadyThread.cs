namespace Sandgate.Linux;

/// <summary>
/// A thread that is made before the program starts and told later what to do. Afterwards may be too
/// late: a program that forks as fast as it can leaves its user no process for the supervisor's threads.
/// </summary>
internal sealed class ReadyThread : IDisposable
{
    private readonly Thread _thread;
    private readonly ManualResetEventSlim _told = new();
    private Action? _work;

    /// <summary>Makes the thread.</summary>
    public ReadyThread(string name)
    {
        _thread = new(Run) { Name = name, IsBackground = true };
        _thread.Start();
    }

    /// <summary>Sets the thread to work; the first word counts.</summary>
    public void Do(Action work)
    {
        Interlocked.CompareExchange(ref _work, work, null);
        _told.Set();
    }

    /// <summary>Waits until the work is done.</summary>
    public void Join(TimeSpan patience) => _thread.Join(patience);

    private void Run()
    {
        _told.Wait();
        _work!();
    }

    /// <summary>Lets a thread go that nobody set to work.</summary>
    public void Dispose() => Do(() => { });
}
