using Sandgate.Core.Learn;

namespace Sandgate.Core.Tests.Learn;

public class NameShapeTests
{
    [Theory]
    [InlineData("tmpab12cd_4", "tmp????????")]
    [InlineData("tmp_obj_o4po6h", "tmp_obj_??????")]
    [InlineData("tmp.AbCdEfGhIj", "tmp.??????????")]
    [InlineData("ccQkz1Xb.s", "cc??????.s")]
    [InlineData("ccQkz1Xb.cdtor.c", "cc??????.cdtor.c")]
    [InlineData("sedK3fVqa", "sed??????")]
    [InlineData("t5x8_aq0", "????????")]
    [InlineData("pip-build-ab1_cd34", "pip-build-????????")]
    [InlineData("x[1]-Kd83ja", "x\\[1]-??????")]
    [InlineData("HEAD.lock", null)]
    [InlineData("a", null)]
    public void Made_up_letters_become_question_marks(string name, string? glob) => Assert.Equal(glob, NameShape.OfTemporary(name, mustLookRandom: false));

    [Theory]
    [InlineData("package", null)]
    [InlineData("Package2", null)]
    [InlineData("README1", null)]
    [InlineData("x-Kd83ja", "x-??????")]
    [InlineData(".left-pad-Ab3dEf9x", ".left-pad-????????")]
    public void Words_are_left_alone_where_nothing_else_says_that_they_were_made_up(string name, string? glob) => Assert.Equal(glob, NameShape.OfTemporary(name, mustLookRandom: true));

    [Theory]
    [InlineData("981922613b2afb6025042ff6bd878ac1994e85", "??????????????????????????????????????")]
    [InlineData("pack-981922613b2afb6025042ff6bd878ac1994e85.idx", "pack-??????????????????????????????????????.idx")]
    [InlineData("0123456789ABCDEF.x", "????????????????.x")]
    [InlineData("1b4e28ba-2fa1-11d2-883f-0016d3cca427", "????????-????-????-????-????????????")]
    [InlineData("python3.11", null)]
    [InlineData("abcdefabcdefabcdef", null)]
    [InlineData("0123456789abcde", null)]
    public void Hashes_and_uuids(string name, string? glob) => Assert.Equal(glob, NameShape.OfHash(name));

    [Theory]
    [InlineData("2026-11-22T10_43_54_123Z-debug-0.log", "[0-9]*Z-debug-[0-9]*.log")]
    [InlineData("dump-12345.rdb", "dump-[0-9]*.rdb")]
    [InlineData("libfoo.so.1.2.3", null)]
    public void Dates_and_counters(string name, string? glob) => Assert.Equal(glob, NameShape.OfNumbered(name));

    [Fact]
    public void Ids_of_processes_that_were_there() =>
        Assert.Equal("temp-[0-9]*.7.rdb", NameShape.OfProcess("temp-57.7.rdb", new HashSet<string> { "57", "7" }));
}
