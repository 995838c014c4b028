namespace Sandgate.Linux.Tests.Live;

/// <summary>The .NET runtime listens to whoever would debug or profile it; not to a program in the sandbox.</summary>
public class RuntimeDoorTests
{
    // Asks the runtime of the process whose id is given what process it is: Microsoft.Diagnostics' IPC protocol, command set 4, command 0.
    private const string Knock = """
        import glob, os, socket, struct, sys, tempfile
        place, process = sys.argv[1], int(sys.argv[2]) or os.getppid()
        found = glob.glob(f"{place}/*-{process}-*")
        for name in found:
            print(os.path.basename(name).rstrip("0123456789-").split("-")[0])
            if name.endswith("-socket"):
                s = socket.socket(socket.AF_UNIX); s.settimeout(5); s.connect(name)
                s.sendall(b"DOTNET_IPC_V1\0" + struct.pack("<HBBH", 20, 4, 0, 0))
                print(s.recv(13).decode())
        print("end")
        """;

    [Fact]
    public void The_runtime_itself_answers_anybody_of_the_user()
    {
        using Sandbox box = new();
        Result outside = box.Start(["/usr/bin/python3", "-c", Knock, Path.GetTempPath(), $"{Environment.ProcessId}"]);
        Assert.Contains("DOTNET_IPC_V1", outside.Out);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("doors")]
    public void The_supervisor_cannot_be_reached_by_its_runtime(string? directory)
    {
        using Sandbox box = new();
        if (directory is not null)
            box.Variables["TMPDIR"] = Directory.CreateDirectory(box.PathOf(directory)).FullName;
        Result inside = box.Run([], "/usr/bin/python3", "-c", Knock, directory is null ? "/tmp" : box.PathOf(directory), "0");
        Assert.Equal((0, "end\n"), (inside.Status, inside.Out));
    }
}
