using System.CommandLine;
using Sandgate.Core.Decide.Language;

namespace Sandgate.Cli.Commands;

/// <summary><c>sandgate schema</c>: the JSON schema of configurations.</summary>
internal static class SchemaCommand
{
    private const string Summary = "Prints the JSON schema of configurations, for editors: sandgate schema";

    private const string Description = $$"""
        {{Summary}}

        Examples:
          sandgate schema > sandgate.schema.json
          (then, in config.json)  "$schema": "./sandgate.schema.json"
        """;

    /// <summary>The verb.</summary>
    public static Command Create(bool details)
    {
        Command schema = new("schema", details ? Description : Summary);
        schema.SetAction(_ =>
        {
            Output.Json(json => ConfigSchema.Write(json, Platform.Catalogue()));
            return 0;
        });
        return schema;
    }
}
