using Sandgate.Core.Control;
using Sandgate.Core.Decide.Language;
using Sandgate.Core.Record;
using Sandgate.Store;

namespace Sandgate.Cli.Commands;

/// <summary>What the verbs that read records have in common: how they end when something is wrong with the record, the rules or whoever reads.</summary>
internal static class RecordReading
{
    /// <summary>Does something with the events of a record; returns the exit status.</summary>
    public static int Of(string file, Func<IEnumerable<RecordedEvent>, int> read) => Of(file, () => Recordings.Open(file), read);

    /// <summary>Does something with the events of what is opened so.</summary>
    public static int Of(string file, Func<IRecording> open, Func<IEnumerable<RecordedEvent>, int> read)
    {
        try
        {
            using IRecording recording = open();
            return read(recording.Events());
        }
        catch (IOException closed) when (Platform.IsOutputClosed(closed))
        {
            return 0;
        }
        catch (FormatException bad)
        {
            Messages.Say($"{file}: {bad.Message}");
        }
        catch (PatternException bad)
        {
            Messages.Say(new Problem(new("the filter", 0, 0), bad.Message, bad.Advice).ToString());
        }
        catch (ConfigException bad)
        {
            Shared.SayWrong(bad.Problems, json: false);
        }
        catch (Exception bad) when (bad is IOException or ControlException)
        {
            Messages.Say(bad.Message);
        }

        return ExitStatus.SetUpFailed;
    }
}
