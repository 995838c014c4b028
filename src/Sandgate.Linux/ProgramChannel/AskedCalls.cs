using System.Collections.Concurrent;
using Sandgate.Core.Decide.Language;
using Sandgate.Core.ProgramChannel;

namespace Sandgate.Linux.ProgramChannel;

/// <summary>
/// Answers what processes ask about, on threads of its own: to find out what a path means can take as long as the file system
/// takes. Who has waited for two seconds is told that nobody knows; a thread that hangs is missed by nobody but other questions.
/// </summary>
internal sealed class AskedCalls : IDisposable
{
    private const int Workers = 2, Room = 64;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    private readonly BlockingCollection<Question> _queue = new(Room);
    private readonly Queue<Question> _waiting = [];
    private readonly Action<Exception> _whenBroken;

    private sealed class Question(AskRequest request, int process, ReplySocket reply, long since)
    {
        private int _answered;

        public AskRequest Request { get; } = request;

        public int Process { get; } = process;

        public long Since { get; } = since;

        public bool IsAnswered => Volatile.Read(ref _answered) != 0;

        // The first answer counts.
        public void Answer(byte[] answer)
        {
            if (Interlocked.Exchange(ref _answered, 1) != 0)
                return;
            reply.Send(answer);
            reply.Dispose();
        }
    }

    /// <summary>Makes the threads: once the program runs, there may be no room for more.</summary>
    public AskedCalls(Func<CallJudge> newJudge, Action<Exception> whenBroken)
    {
        _whenBroken = whenBroken;
        for (int i = 0; i < Workers; i++)
            new Thread(() => Work(newJudge())) { Name = "channel question", IsBackground = true }.Start();
    }

    /// <summary>Takes a question, and the socket for its answer. For one thread, which also calls <see cref="GiveUp"/>.</summary>
    public void Add(AskRequest request, int process, ReplySocket reply)
    {
        Question question = new(request, process, reply, TimeProvider.System.GetTimestamp());
        if (_waiting.Count < Room && _queue.TryAdd(question))
            _waiting.Enqueue(question);
        else
            question.Answer(ChannelAnswer.Refused(request.Id, "too many questions at once"));
    }

    /// <summary>Gives up on what has waited too long. Returns when that is to be done again; null when nothing waits.</summary>
    public TimeSpan? GiveUp()
    {
        while (_waiting.TryPeek(out Question? oldest))
        {
            TimeSpan left = s_patience - TimeProvider.System.GetElapsedTime(oldest.Since);
            if (!oldest.IsAnswered && left > TimeSpan.Zero)
                return left;
            _waiting.Dequeue();
            oldest.Answer(ChannelAnswer.Refused(oldest.Request.Id, "it could not be told in time"));
        }

        return null;
    }

    private void Work(CallJudge judge)
    {
        foreach (Question question in _queue.GetConsumingEnumerable())
        {
            if (!question.IsAnswered)
                question.Answer(AnswerTo(question, judge));
        }
    }

    private byte[] AnswerTo(Question question, CallJudge judge)
    {
        long? id = question.Request.Id;
        try
        {
            return ChannelAnswer.Verdict(id, judge.Judge(question.Process, question.Request.Call));
        }
        catch (PatternException bad)
        {
            return ChannelAnswer.Refused(id, bad.Message);
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            _whenBroken(failure);
            return ChannelAnswer.Refused(id, "it could not be judged");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _queue.CompleteAdding();
}
