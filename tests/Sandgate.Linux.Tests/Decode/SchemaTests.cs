using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Sandgate.Core.Decide.Language;
using Sandgate.Linux.Decode;

namespace Sandgate.Linux.Tests.Decode;

public class SchemaTests
{
    [Fact]
    public void The_committed_schema_is_the_one_that_is_generated()
    {
        using MemoryStream made = new();
        using (Utf8JsonWriter json = new(made, new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, Indented = true }))
            ConfigSchema.Write(json, new LinuxCatalogue());
        Assert.Equal(File.ReadAllText(Repository.PathOf("docs/config.schema.json")).Trim(), Encoding.UTF8.GetString(made.ToArray()));
    }
}
