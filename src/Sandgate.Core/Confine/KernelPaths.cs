using System.Collections.Immutable;

namespace Sandgate.Core.Confine;

/// <summary>Allow-lists that the kernel itself holds a program to (Landlock, landlock(7)); null for a right that isn't restricted.</summary>
public sealed record KernelPaths
{
    /// <summary>Files and directories that can be read.</summary>
    public ImmutableArray<string>? Read { get; init; }

    /// <summary>Files and directories that can be written, made and removed.</summary>
    public ImmutableArray<string>? Write { get; init; }

    /// <summary>Files, and files below directories, that can be executed.</summary>
    public ImmutableArray<string>? Execute { get; init; }

    /// <summary>TCP ports that can be bound.</summary>
    public ImmutableArray<int>? Bind { get; init; }

    /// <summary>TCP ports that can be connected to.</summary>
    public ImmutableArray<int>? Connect { get; init; }

    /// <summary>True when nothing is restricted.</summary>
    public bool IsEmpty => Read is null && Write is null && Execute is null && Bind is null && Connect is null;

    /// <summary>These lists with later ones in their place.</summary>
    public KernelPaths Then(KernelPaths later) => new()
    {
        Read = later.Read ?? Read,
        Write = later.Write ?? Write,
        Execute = later.Execute ?? Execute,
        Bind = later.Bind ?? Bind,
        Connect = later.Connect ?? Connect,
    };
}
