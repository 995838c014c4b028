using System.Runtime.InteropServices;

namespace Sandgate.Linux.Interop;

/// <summary>Constants and structs of linux/seccomp.h.</summary>
internal static class Seccomp
{
    public const int SET_MODE_FILTER = 1, GET_NOTIF_SIZES = 3;
    public const int FILTER_FLAG_NEW_LISTENER = 8, FILTER_FLAG_WAIT_KILLABLE_RECV = 32;
    public const long IOCTL_NOTIF_RECV = 0xc0502100, IOCTL_NOTIF_SEND = 0xc0182101, IOCTL_NOTIF_ID_VALID = 0x40082102;
    public const long IOCTL_NOTIF_ADDFD = 0x40182103, IOCTL_NOTIF_SET_FLAGS = 0x40082104;
    public const uint ADDFD_FLAG_SEND = 2;
    public const int USER_NOTIF_FLAG_CONTINUE = 1, USER_NOTIF_FD_SYNC_WAKE_UP = 1;

    /// <summary>struct seccomp_notif with its struct seccomp_data.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public unsafe struct Notification
    {
        public ulong Id;
        public uint Pid, Flags;
        public int Number;
        public uint Architecture;
        public ulong InstructionPointer;
        public fixed ulong Arguments[6];
    }

    /// <summary>struct seccomp_notif_resp.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Response
    {
        public ulong Id;
        public long Value;
        public int Error;
        public uint Flags;
    }

    /// <summary>struct seccomp_notif_addfd.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct AddDescriptor
    {
        public ulong Id;
        public uint Flags, Source, Target, NewFlags;
    }

    /// <summary>struct sock_fprog.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Program
    {
        public ushort Length;
        public nint Instructions;
    }
}

/// <summary>struct pollfd (poll.h).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PollDescriptor
{
    public const short POLLIN = 1, POLLOUT = 4, POLLHUP = 16;

    public int Descriptor;
    public short Events, Returned;
}
