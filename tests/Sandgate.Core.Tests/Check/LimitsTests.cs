using System.Reflection;
using Sandgate.Core.Confine;

namespace Sandgate.Core.Tests.Check;

/// <summary>Limits that are asked for are limits.</summary>
public class LimitsTests
{
    public static TheoryData<string> Properties() =>
        [.. typeof(Limits).GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.CanWrite && p.Name != nameof(Limits.Action)).Select(p => p.Name)];

    [Theory]
    [MemberData(nameof(Properties))]
    public void Each_of_them_counts(string name)
    {
        PropertyInfo property = typeof(Limits).GetProperty(name)!;
        Limits limits = new();
        property.SetValue(limits, Activator.CreateInstance(Nullable.GetUnderlyingType(property.PropertyType)!));
        Assert.False(limits.IsEmpty, $"{name} is no limit");
    }

    [Fact]
    public void Nothing_else_does()
    {
        Assert.True(Limits.None.IsEmpty);
        Assert.True(new Limits { Action = LimitAction.Pause }.IsEmpty);
    }
}
