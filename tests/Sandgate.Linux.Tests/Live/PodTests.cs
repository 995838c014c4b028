using YamlDotNet.RepresentationModel;

namespace Sandgate.Linux.Tests.Live;

/// <summary>The example for Kubernetes satisfies the "restricted" Pod Security Standard, control by control, and its rules load.</summary>
public class PodTests
{
    private static readonly string[] s_volumes = ["configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"];

    private readonly Pod _pod = new();

    [Fact]
    public void It_has_what_a_pod_must_have()
    {
        Assert.All(new[] { "Pod", "ConfigMap" }, kind =>
        {
            Assert.Equal("v1", Pod.Find(_pod.Document(kind), "apiVersion")?.ToString());
            Assert.Matches("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", Pod.Find(_pod.Document(kind), "metadata", "name")!.ToString());
        });
        Assert.All(_pod.Containers, c => Assert.True(Pod.Find(c, "name") is not null && Pod.Find(c, "image") is not null));
        YamlSequenceNode volumes = Assert.IsType<YamlSequenceNode>(Pod.Find(_pod.Spec, "volumes"));
        string[] names = [.. volumes.Children.Select(v => Pod.Find(v, "name")!.ToString())];
        Assert.All(_pod.Containers.SelectMany(c => ((YamlSequenceNode)Pod.Find(c, "volumeMounts")!).Children), m => Assert.Contains(Pod.Find(m, "name")!.ToString(), names));
        Assert.Equal(Pod.Find(_pod.Document("ConfigMap"), "metadata", "name"), Pod.Find(volumes.Children.Single(v => Pod.Find(v, "configMap") is not null), "configMap", "name"));
    }

    [Fact]
    public void Nobody_in_it_is_root_or_becomes_it()
    {
        Assert.Equal("true", Pod.Find(_pod.Spec, "securityContext", "runAsNonRoot")?.ToString());
        Assert.Equal("65532", Pod.Find(_pod.Spec, "securityContext", "runAsUser")?.ToString());
        Assert.All(_pod.Containers, c =>
        {
            Assert.Null(Pod.Find(c, "securityContext", "runAsNonRoot"));
            Assert.Null(Pod.Find(c, "securityContext", "runAsUser"));
            Assert.Equal("false", Pod.Find(c, "securityContext", "allowPrivilegeEscalation")?.ToString());
        });
    }

    [Fact]
    public void No_capability_is_left_and_the_runtimes_filter_stays() => Assert.All(_pod.Containers, c =>
    {
        Assert.Equal(["ALL"], ((YamlSequenceNode)Pod.Find(c, "securityContext", "capabilities", "drop")!).Children.Select(n => n.ToString()));
        Assert.Null(Pod.Find(c, "securityContext", "capabilities", "add"));
        Assert.Equal("RuntimeDefault", (Pod.Find(c, "securityContext", "seccompProfile", "type") ?? Pod.Find(_pod.Spec, "securityContext", "seccompProfile", "type"))?.ToString());
        Assert.Null(Pod.Find(c, "securityContext", "privileged"));
        Assert.Null(Pod.Find(c, "securityContext", "procMount"));
    });

    [Fact]
    public void It_takes_nothing_of_the_machine()
    {
        Assert.All(new[] { "hostNetwork", "hostPID", "hostIPC" }, key => Assert.Null(Pod.Find(_pod.Spec, key)));
        Assert.Null(Pod.Find(_pod.Spec, "securityContext", "sysctls"));
        Assert.All(((YamlSequenceNode)Pod.Find(_pod.Spec, "volumes")!).Children.Cast<YamlMappingNode>(), v =>
            Assert.Contains(v.Children.Keys.Select(k => k.ToString()).Single(k => k != "name"), s_volumes));
        Assert.All(_pod.Containers, c => Assert.Null(Pod.Find(c, "ports")));
    }

    [Fact]
    public void Its_rules_load_and_pass_their_own_tests()
    {
        using Sandbox box = new();
        Result checkedRules = box.Start([Sandbox.Sandgate, "check", box.Write("rules.json", _pod.Rules)]);
        Assert.True(checkedRules.Status == 0, checkedRules.ToString());
    }
}
