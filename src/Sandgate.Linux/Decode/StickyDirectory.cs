using Sandgate.Linux.Interop;

namespace Sandgate.Linux.Decode;

/// <summary>
/// What the kernel doesn't do in directories like /tmp with what somebody else has put there (protected_symlinks and its like of proc_sys_fs(5); may_follow_link
/// and may_create_in_sticky of fs/namei.c). It asks by the way that a path takes, so whoever goes another way must ask, too. All is asked with the rights of the
/// thread that asks.
/// </summary>
internal static class StickyDirectory
{
    private const uint S_ISVTX = 0x200, S_IWGRP = 0x10, S_IWOTH = 2;

    /// <summary>True when a link at the end of a path may not be followed (EACCES).</summary>
    /// <param name="directory">The directory in which it stands.</param>
    /// <param name="link">The link itself.</param>
    public static bool ForbidsToFollow(int directory, int link) =>
        Files.Stat(directory, out FileIdentity there) && (there.Mode & (S_ISVTX | S_IWOTH)) == (S_ISVTX | S_IWOTH)
        && Files.Stat(link, out FileIdentity here) && IsOthers(here, there) && Setting("protected_symlinks") >= 1;

    /// <summary>True when what is there already may not be opened by a call that would make it (O_CREAT: EACCES).</summary>
    /// <param name="directory">The directory in which it stands.</param>
    /// <param name="file">What is there; no directory.</param>
    public static bool ForbidsToReuse(int directory, int file)
    {
        const int OfGroupsToo = 2;
        if (!Files.Stat(directory, out FileIdentity there) || (there.Mode & S_ISVTX) == 0 || !Files.Stat(file, out FileIdentity here) || !IsOthers(here, there))
            return false;
        int level = here.IsPlain ? Setting("protected_regular") : here.IsFifo ? Setting("protected_fifos") : 1;
        return level >= 1 && ((there.Mode & S_IWOTH) != 0 || ((there.Mode & S_IWGRP) != 0 && level >= OfGroupsToo));
    }

    /// <summary>The same for a file that has a name which no magic link of /proc was needed for.</summary>
    /// <param name="name">Its real name.</param>
    /// <param name="file">The file.</param>
    /// <param name="identity">Which that is.</param>
    public static bool ForbidsToReuse(string name, int file, in FileIdentity identity)
    {
        if (identity.Owner == OwnUser())
            return false;
        byte[] above = [.. Core.Decode.TargetText.ToBytes(name[..Math.Max(1, name.LastIndexOf('/'))]), 0];
        int directory = Files.OpenAt2(Files.AT_FDCWD, above, Files.O_PATH | Files.O_DIRECTORY | Files.O_CLOEXEC, 0, mayBlock: true);
        if (directory < 0)
            return false;
        bool forbids = ForbidsToReuse(directory, file);
        Files.Close(directory);
        return forbids;
    }

    // Neither the directory's owner has put it there nor who asks.
    private static bool IsOthers(in FileIdentity here, in FileIdentity directory) => here.Owner != directory.Owner && here.Owner != OwnUser();

    // An id that there isn't changes nothing and tells the present one (setfsuid(2)).
    private static uint OwnUser() => (uint)Libc.Call(SyscallNumbers.setfsuid, uint.MaxValue);

    // Before 6.10 only root could read them: as most systems set them, then (sysctl.d/50-default.conf of systemd).
    private static int Setting(string name)
    {
        const int Unknown = 1;
        Span<byte> text = stackalloc byte[16];
        int count = Files.ReadWhole([.. "/proc/sys/fs/"u8, .. System.Text.Encoding.ASCII.GetBytes(name), 0], text);
        return count > 0 && int.TryParse(text[..count].TrimEnd((byte)'\n'), out int value) ? value : Unknown;
    }
}
