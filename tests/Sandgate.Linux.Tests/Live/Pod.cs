using YamlDotNet.RepresentationModel;

namespace Sandgate.Linux.Tests.Live;

/// <summary>The example for Kubernetes, read as a cluster would.</summary>
internal sealed class Pod
{
    private readonly YamlStream _documents = [];

    public Pod()
    {
        using StreamReader text = new(Repository.PathOf("examples/kubernetes/pod.yaml"));
        _documents.Load(text);
    }

    /// <summary>The pod's specification.</summary>
    public YamlMappingNode Spec => At<YamlMappingNode>(Document("Pod"), "spec");

    /// <summary>Everything that runs in it.</summary>
    public IEnumerable<YamlMappingNode> Containers => new[] { "containers", "initContainers", "ephemeralContainers" }
        .SelectMany(kind => Find(Spec, kind) is YamlSequenceNode list ? list.Children.Cast<YamlMappingNode>() : []);

    /// <summary>What the entry point gets.</summary>
    public string[] Arguments => [.. At<YamlSequenceNode>(Containers.Single(), "args").Children.Select(a => a.ToString())];

    /// <summary>The rules, as they would be mounted.</summary>
    public string Rules => At<YamlScalarNode>(Document("ConfigMap"), "data", "config.json").Value!;

    /// <summary>One of the documents.</summary>
    public YamlMappingNode Document(string kind) => _documents.Documents.Select(d => (YamlMappingNode)d.RootNode).Single(d => Find(d, "kind")?.ToString() == kind);

    /// <summary>What stands under keys; null when nothing does.</summary>
    public static YamlNode? Find(YamlNode node, params string[] keys) =>
        keys.Aggregate((YamlNode?)node, (at, key) => at is YamlMappingNode map && map.Children.TryGetValue(key, out YamlNode? below) ? below : null);

    private static T At<T>(YamlNode node, params string[] keys)
        where T : YamlNode => Assert.IsType<T>(Find(node, keys));
}
