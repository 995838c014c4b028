using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Doctor.Trials;

/// <summary>Machine code that makes a call of the 32-bit ABI from a 64-bit process: <c>int 0x80</c>.</summary>
internal sealed unsafe class ForeignCall : IDisposable
{
    private const int PageSize = 4096, PROT_READ_WRITE = 3, PROT_READ_EXEC = 5, MAP_PRIVATE_ANONYMOUS = 0x22;

    /// <summary>getpid(2) of the 32-bit ABI.</summary>
    private const byte GetPid = 20;

    private readonly long _page;

    /// <summary>Makes the code ready.</summary>
    public ForeignCall()
    {
        // push rbx; mov eax, 20; xor ebx, ebx; int 0x80; movsxd rax, eax; pop rbx; ret
        ReadOnlySpan<byte> code = [0x53, 0xb8, GetPid, 0, 0, 0, 0x31, 0xdb, 0xcd, 0x80, 0x48, 0x63, 0xc0, 0x5b, 0xc3];
        _page = Libc.Call(SyscallNumbers.mmap, 0, PageSize, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0);
        if (_page < 0)
            return;

        // SAFETY: the page was mapped above, writable, and is longer than the code.
        code.CopyTo(new Span<byte>((void*)_page, PageSize));
        if (Libc.Call(SyscallNumbers.mprotect, _page, PageSize, PROT_READ_EXEC) < 0)
            throw new SandboxException("make code executable", 1, "nothing was tried");
    }

    /// <summary>The errno that the call fails with; 0 when it works. A kernel without that ABI ends who makes it by SIGSEGV.</summary>
    public TrialOutcome Try() => _page < 0 ? new(0, (int)-_page, _page, 0, false) : TrialChild.Try(TrialCall.Code(_page));

    /// <inheritdoc/>
    public void Dispose()
    {
        // SAFETY: mapped in the constructor; nobody runs it any more.
        if (_page > 0)
            Libc.Call(SyscallNumbers.munmap, _page, PageSize);
    }
}
