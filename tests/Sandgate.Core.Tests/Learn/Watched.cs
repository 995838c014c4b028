using System.Text;
using Sandgate.Core.Decide;
using Sandgate.Core.Decide.Language;
using Sandgate.Core.Decode;
using Sandgate.Core.Learn;
using Sandgate.Core.Record;
using Sandgate.Core.Trap;

namespace Sandgate.Core.Tests.Learn;

/// <summary>A run that a test makes up, and what is learnt from it. It starts in /home/u/work.</summary>
internal sealed class Watched
{
    private const string Secrets = """
        { "rule_table": [
          { "name": "keys", "on": ["open", "rename", "link"], "when": "path ~ '/[.]ssh(/|$)|/[.]env$|^/etc/shadow$'", "action": "not_allow", "errno": "ENOENT" },
          { "name": "agents", "on": ["connect"], "when": "address ~ '^unix:.*/agent[.]sock$'", "action": "not_allow" } ] }
        """;

    public static readonly Surroundings Around = new("/home/u/work", "/home/u", ["/scratch"], World.Read(Secrets));

    private readonly Observations _seen;

    public Watched(string directory = "/home/u/work", Observations? onTop = null)
    {
        _seen = onTop ?? new("/home/u/work");
        _seen.Add(new SessionStart
        {
            Time = default,
            Session = "s",
            Command = ["tool", "x"],
            Directory = directory,
            Demand = default,
            Grants = [],
            LiftedFloor = [],
            Labels = [.. LearntFamilies.Names(LearntFamilies.Default).Select(f => ($"{f} * = log", "register"))],
        });
    }

    public Observations Seen => _seen;

    public Watched Open(string mode, params string[] paths) => Each(paths, p => Of("open", File(p), Argument.FromText(mode)));

    public Watched On(string operation, params string[] paths) => Each(paths, p => Of(operation, operation == "symlink" ? [Argument.FromText("target"), File(p)] : [File(p), Argument.FromText("0755")]));

    public Watched Two(string operation, string from, string to) => Add([Of(operation, File(from), File(to))]);

    public Watched Exec(params string[] paths) => Each(paths, p => Of("exec", File(p), Argument.FromText("argv")));

    public Watched At(string operation, params string[] addresses) => Each(addresses, a => Of(operation, File(a)));

    public Watched Words(string operation, params string[] words) => Add([Of(operation, [.. words.Select(Argument.FromText)])]);

    public Watched Add(CallView[] views, string program = "/usr/bin/tool", int process = 4242, bool allowed = true, string[]? domains = null)
    {
        _seen.Add(new CallEvent
        {
            Time = default,
            Caller = new() { ProcessId = process, Name = "tool", Executable = program },
            ThreadId = process,
            Syscall = views[0].Name,
            Text = "",
            Views = views,
            Facts = domains is null ? null : new() { Domains = domains },
            Verdict = allowed ? Verdict.AllowByDefault : new(false, 13, VerdictReason.Rule, null, 0, false),
            Binding = Binding.Register,
            Outcome = allowed ? Outcome.Continued : Outcome.Denied,
        });
        return this;
    }

    public static CallView Of(string operation, params Argument[] arguments) => new(Operations.Find(operation)!.Operation, operation, arguments);

    public static Argument File(string path) => Argument.FromPath(path, path);

    private Watched Each(string[] paths, Func<string, CallView> view)
    {
        foreach (string path in paths)
            Add([view(path)]);
        return this;
    }

    public LearntPolicy Learn(bool allowSecrets = false, bool perProgram = false) =>
        Learner.Learn(_seen, Around, new(new HashSet<Operation>(LearntFamilies.Default), allowSecrets, perProgram));

    public string Config(bool allowSecrets = false, bool perProgram = false) => LearntConfig.Write(Learn(allowSecrets, perProgram), _seen, "1.0");

    /// <summary>The rules, floor and all, as a run would have them.</summary>
    public Policy Policy(bool allowSecrets = false, bool perProgram = false) => PolicyOf(Config(allowSecrets, perProgram));

    public static Policy PolicyOf(string config)
    {
        RuleSet rules = ConfigReader.Read("learnt.json", Encoding.UTF8.GetBytes(config), World.Context);
        return new(rules, Floor.Above(rules, 1, []));
    }

    public static bool Allows(Policy policy, CallView view, string? exe = null) =>
        policy.Decide(new() { ThreadId = 1, Syscall = view.Name, Views = [view], Facts = new() { Executable = exe, Domains = [] } }).Allowed;

    public static bool Opens(Policy policy, string path, string mode = "r") => Allows(policy, Of("open", File(path), Argument.FromText(mode)));
}
