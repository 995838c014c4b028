// Other calls that do what a family's own calls do.
#include "attack.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/un.h>

static struct sockaddr_in loopback(const char *host, int port)
{
    return (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = { inet_addr(host) } };
}

// A pair of datagram sockets can be connected to somebody else.
static int pair_of_datagrams(int tries)
{
    int pair[2];
    struct sockaddr_un name = { .sun_family = AF_UNIX, .sun_path = "other" };
    (void)tries;
    int other = (int)must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), "a pair of streams");
    if (socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) < 0)
        return 0;
    return other == 0 && connect(pair[0], (struct sockaddr *)&name, sizeof name) < 0 && errno == ENOENT;
}

// The kernel names it when it connects, and listen finds a name.
static int listens_by_autobind(int tries)
{
    int one = 1, fd = (int)must(socket(AF_UNIX, SOCK_STREAM, 0), "socket");
    struct sockaddr_un nobody = { .sun_family = AF_UNIX, .sun_path = "\0nobody listens there" };
    (void)tries;
    must(setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &one, sizeof one), "SO_PASSCRED");
    if (connect(fd, (struct sockaddr *)&nobody, sizeof nobody) == 0)
        broken("somebody listens");
    return listen(fd, 1) == 0;
}

static int receives_by_option(int tries)
{
    char text[4096] = "";
    struct sockaddr_in own = loopback("127.0.0.1", 0);
    socklen_t length = sizeof own;
    (void)tries;
    int server = (int)must(socket(AF_INET, SOCK_STREAM, 0), "socket"), client = (int)must(socket(AF_INET, SOCK_STREAM, 0), "socket");
    must(bind(server, (struct sockaddr *)&own, sizeof own), "bind");
    must(listen(server, 1), "listen");
    must(getsockname(server, (struct sockaddr *)&own, &length), "getsockname");
    must(connect(client, (struct sockaddr *)&own, sizeof own), "connect");
    int peer = (int)must(accept(server, NULL, NULL), "accept");
    must(write(peer, "shut", 4), "write");
    must(poll(&(struct pollfd){ .fd = client, .events = POLLIN }, 1, 1000), "poll");
    struct {
        uint64_t address;
        uint32_t length, hint, queued;
        int32_t error;
        uint64_t copy;
        int32_t copied;
        uint32_t flags;
        uint64_t control, control_length;
        uint32_t message_flags, reserved;
    } asked = { .copy = (uintptr_t)text, .copied = sizeof text };
    length = sizeof asked;
    return getsockopt(client, IPPROTO_TCP, 35 /* TCP_ZEROCOPY_RECEIVE */, &asked, &length) == 0 && asked.copied > 0 && memcmp(text, "shut", 4) == 0;
}

static int opens_peer_of_terminal(int tries)
{
    int zero = 0, fd = (int)must(open("/dev/ptmx", O_RDWR | O_NOCTTY), "/dev/ptmx");
    (void)tries;
    must(ioctl(fd, TIOCSPTLCK, &zero), "TIOCSPTLCK");
    return ioctl(fd, 0x5441 /* TIOCGPTPEER */, O_RDWR | O_NOCTTY) >= 0;
}

// Its processor time is over: SIGKILL.
static int kills_by_limit(int tries)
{
    int status;
    pid_t child = start_child();
    (void)tries;
    if (child == 0)
        for (;;)
            ;
    struct rlimit over = { 1, 1 };
    if (prlimit(child, RLIMIT_CPU, &over, NULL) < 0)
        return 0;
    must(waitpid(child, &status, 0), "waitpid");
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

static int kills_by_size(int tries)
{
    int status;
    pid_t child = start_child();
    (void)tries;
    if (child == 0)
        for (;;)
            (void)!write(open("file", O_WRONLY | O_CREAT, 0600), "x", 1);
    if (prlimit(child, RLIMIT_FSIZE, &(struct rlimit){ 0, 0 }, NULL) < 0)
        return 0;
    must(waitpid(child, &status, 0), "waitpid");
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGXFSZ;
}

// A hole is cut out of a file by way of memory.
static int cuts_hole(bool process)
{
    char path[64], room[8192];
    snprintf(path, sizeof path, "/dev/shm/attack-%d", getpid());
    int fd = (int)must(open(path, O_RDWR | O_CREAT | O_EXCL, 0600), path);
    memset(room, 's', sizeof room);
    must(write(fd, room, sizeof room), "write");
    char *map = mmap(NULL, sizeof room, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED)
        broken("mmap");
    struct iovec all = { map, sizeof room };
    if (!process)
        madvise(map, sizeof room, MADV_REMOVE);
    else
        syscall(SYS_process_madvise, must(syscall(SYS_pidfd_open, getpid(), 0), "pidfd_open"), &all, 1, MADV_REMOVE, 0);
    bool cut = pread(fd, room, 1, 0) == 1 && room[0] == 0;
    unlink(path);
    return cut;
}

static int cuts_by_advice(int tries) { (void)tries; return cuts_hole(false); }
static int cuts_by_process_advice(int tries) { (void)tries; return cuts_hole(true); }

// Both halves of a datagram go where its first one goes.
static int shut_server(void)
{
    struct sockaddr_in own = loopback("127.0.0.2", port());
    int fd = (int)must(socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0), "socket");
    must(bind(fd, (struct sockaddr *)&own, sizeof own), "bind");
    return fd;
}

static bool has_secret(int server)
{
    char room[64];
    ssize_t count = recv(server, room, sizeof room, 0);
    return count > 0 && memmem(room, (size_t)count, "secret", 6);
}

static int sends_more(int tries)
{
    struct sockaddr_in allowed = loopback("127.0.0.1", port()), refused = loopback("127.0.0.2", port());
    int server = shut_server(), fd = (int)must(socket(AF_INET, SOCK_DGRAM, 0), "socket");
    (void)tries;
    must(connect(fd, (struct sockaddr *)&allowed, sizeof allowed), "connect");
    must(send(fd, "secret", 6, MSG_MORE), "send");
    must(connect(fd, (struct sockaddr *)&refused, sizeof refused), "connect");
    (void)!send(fd, "x", 1, 0);
    return has_secret(server);
}

static int sends_corked(int tries)
{
    struct sockaddr_in allowed = loopback("127.0.0.1", port()), refused = loopback("127.0.0.2", port());
    int server = shut_server(), fd = (int)must(socket(AF_INET, SOCK_DGRAM, 0), "socket");
    (void)tries;
    if (setsockopt(fd, IPPROTO_UDPLITE, 1 /* UDP_CORK */, &(int){ 1 }, sizeof(int)) < 0)
        return 0;
    (void)!sendto(fd, "x", 1, 0, (struct sockaddr *)&refused, sizeof refused);
    (void)!sendto(fd, "secret", 6, 0, (struct sockaddr *)&allowed, sizeof allowed);
    setsockopt(fd, IPPROTO_UDPLITE, 1, &(int){ 0 }, sizeof(int));
    return has_secret(server);
}

// A raw socket whose packets say themselves what is in them (RFC 8200): a header in front of a UDP datagram.
static int sends_behind_header(int protocol, const char *header, size_t length)
{
    struct sockaddr_in6 to = { .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port()), .sin6_addr = IN6ADDR_LOOPBACK_INIT };
    uint16_t datagram[6] = { htons(1111), to.sin6_port, htons(12), 0, htons(0x7368), htons(0x7574) };
    uint32_t sum = 1 + 1 + 12 + IPPROTO_UDP;                        // both addresses end in 1
    char packet[64], room[64];
    int server = (int)must(socket(AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK, 0), "a socket of IPv6");
    must(bind(server, (struct sockaddr *)&to, sizeof to), "bind");
    for (int i = 0; i < 6; i++)
        sum += ntohs(datagram[i]);
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    datagram[3] = htons((uint16_t)~sum);
    int fd = socket(AF_INET6, SOCK_RAW, protocol);
    if (fd < 0 || (protocol == IPPROTO_ICMPV6 && setsockopt(fd, IPPROTO_RAW, 36 /* IPV6_HDRINCL */, &(int){ 1 }, sizeof(int)) < 0))
        return 0;
    memcpy(packet, header, length);
    memcpy(packet + length, datagram, sizeof datagram);
    to.sin6_port = 0;
    (void)!sendto(fd, packet, length + sizeof datagram, 0, (struct sockaddr *)&to, sizeof to);
    usleep(20000);
    return recv(server, room, sizeof room, 0) > 0;
}

static int sends_behind_options(int tries) { (void)tries; return sends_behind_header(IPPROTO_DSTOPTS, "\x11\0\1\4\0\0\0", 8); }
static int sends_fragment(int tries) { (void)tries; return sends_behind_header(IPPROTO_FRAGMENT, "\x11\0\0\0\0\0\0", 8); }

static int sends_own_header(int tries)
{
    char header[40] = { 0x60, 0, 0, 0, 0, 12, IPPROTO_UDP, 64 };
    (void)tries;
    header[23] = header[39] = 1;
    return sends_behind_header(IPPROTO_ICMPV6, header, sizeof header);
}

static int signals_by_terminal(int tries)
{
    int status, ready[2], fd = (int)must(posix_openpt(O_RDWR | O_NOCTTY), "posix_openpt");
    char letter;
    (void)tries;
    must(unlockpt(fd), "unlockpt");
    must(pipe(ready), "pipe");
    pid_t child = start_child();
    if (child == 0) {
        setsid();
        must(open(ptsname(fd), O_RDWR), "ptsname");
        must(write(ready[1], "", 1), "write");
        for (;;)
            pause();
    }
    must(read(ready[0], &letter, 1), "read");
    if (ioctl(fd, TIOCSIG, SIGINT) < 0)
        return 0;
    must(waitpid(child, &status, 0), "waitpid");
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGINT;
}

// The port stands in what is sent.
static int sends_raw_datagram(int tries)
{
    int port = atoi(getenv("ATTACK_PORT"));
    struct sockaddr_in there = loopback("127.0.0.2", port);
    char text[8] = "";
    (void)tries;
    int server = (int)must(socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0), "socket");
    if (bind(server, (struct sockaddr *)&there, sizeof there) < 0)
        broken("bind");
    int fd = socket(AF_INET, SOCK_RAW, IPPROTO_UDP);
    if (fd < 0)
        return 0;
    unsigned char packet[12] = { 0x30, 0x39, (unsigned char)(port >> 8), (unsigned char)port, 0, 12, 0, 0, 's', 'h', 'u', 't' };
    there.sin_port = 0;
    if (sendto(fd, packet, sizeof packet, 0, (struct sockaddr *)&there, sizeof there) < 0)
        return 0;
    return recv(server, text, sizeof text, 0) == 4 && memcmp(text, "shut", 4) == 0;
}

// bind of a raw socket doesn't look at the family.
static int binds_odd_family(int tries)
{
    struct sockaddr_in there = loopback("127.0.0.2", 0), now;
    socklen_t length = sizeof now;
    (void)tries;
    int fd = (int)must(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP), "raw socket");
    there.sin_family = 77;
    return bind(fd, (struct sockaddr *)&there, sizeof there) == 0 && getsockname(fd, (struct sockaddr *)&now, &length) == 0 && now.sin_addr.s_addr == there.sin_addr.s_addr;
}

static int makes_device_again(int tries)
{
    char zeros[4] = "none";
    (void)tries;
    if (mknod("zero", S_IFCHR | 0666, makedev(1, 5)) < 0)
        return 0;
    int fd = open("zero", O_RDONLY);
    return fd >= 0 && read(fd, zeros, 4) == 4 && zeros[0] == 0;
}

// What is connected to by another name than the rule's, which doesn't say that it is about sockets.
static int connects_by_link(int tries)
{
    struct sockaddr_un shut = { .sun_family = AF_UNIX, .sun_path = "shut/soc" }, again = { .sun_family = AF_UNIX, .sun_path = "again" };
    (void)tries;
    int server = (int)must(socket(AF_UNIX, SOCK_STREAM, 0), "socket"), client = (int)must(socket(AF_UNIX, SOCK_STREAM, 0), "socket");
    must(bind(server, (struct sockaddr *)&shut, sizeof shut), "bind");
    must(listen(server, 1), "listen");
    return link("shut/soc", "again") == 0 && connect(client, (struct sockaddr *)&again, sizeof again) == 0;
}

// What it runs is told by a name, and in a mount namespace of its own names are its own.
static int named_as_another(int tries)
{
    char self[4096], map[64];
    uid_t user = getuid();
    gid_t group = getgid();
    (void)tries;
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
        return 0;
    write_text("/proc/self/setgroups", "deny");
    snprintf(map, sizeof map, "0 %d 1", user);
    write_text("/proc/self/uid_map", map);
    snprintf(map, sizeof map, "0 %d 1", group);
    write_text("/proc/self/gid_map", map);
    self[must(readlink("/proc/self/exe", self, sizeof self - 1), "readlink")] = '\0';
    must(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "private");
    must(mount(self, "/usr/bin/true", NULL, MS_BIND, NULL), "mount");
    pid_t child = start_child();
    if (child == 0) {
        execl("/usr/bin/true", "true", "sibling-connects", "1", NULL);
        _exit(2);
    }
    return status_of(child) == 0;
}

static int connects(int tries)
{
    struct sockaddr_in there = loopback("127.0.0.1", 9);
    (void)tries;
    return connect((int)must(socket(AF_INET, SOCK_DGRAM, 0), "socket"), (struct sockaddr *)&there, sizeof there) == 0;
}

// Where the supervisor looks for its own descriptors.
static int covers_proc(int tries)
{
    char place[64];
    (void)tries;
    must(mkdir("lies", 0755), "mkdir");
    snprintf(place, sizeof place, "/proc/%d/fd", getppid());
    return mount("lies", place, NULL, MS_BIND, NULL) == 0 || mount("none", "/proc", "tmpfs", 0, NULL) == 0;
}

static int reads_by_mapping(int tries)
{
    (void)tries;
    int fd = (int)must(open("shut/key", O_RDONLY), "open");
    char *bytes = mmap(NULL, 4, PROT_NONE, MAP_PRIVATE, fd, 0);
    if (bytes == MAP_FAILED || mprotect(bytes, 4, PROT_READ) < 0)
        return 0;
    return memcmp(bytes, "shut", 4) == 0;
}

// What was mapped once is read again by a descriptor that shows no name.
static int reads_by_mapped_link(int tries)
{
    char link[64];
    (void)tries;
    int fd = (int)must(open("shut/key", O_RDONLY), "open");
    char *bytes = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
    if (bytes == MAP_FAILED)
        return 0;
    snprintf(link, sizeof link, "/proc/self/map_files/%lx-%lx", (unsigned long)bytes, (unsigned long)bytes + 4096);
    return reads_shut(link);
}

// vmsplice of the end that is read.
static int reads_by_vmsplice(int tries)
{
    char got[5] = { 0 };
    struct iovec there = { got, 4 };
    (void)tries;
    must(mkfifo("shut/way", 0600), "mkfifo");
    int in = (int)must(open("shut/way", O_RDONLY | O_NONBLOCK), "open"), out = (int)must(open("shut/way", O_WRONLY), "open");
    must(write(out, "shut", 4), "write");
    return vmsplice(in, &there, 1, 0) == 4 && strcmp(got, "shut") == 0;
}

static int leaves_device(int tries)
{
    struct stat left;
    (void)tries;
    write_text("there", "");
    return syscall(SYS_renameat2, AT_FDCWD, "there", AT_FDCWD, "moved", 4 /* RENAME_WHITEOUT */) == 0 && lstat("there", &left) == 0 && S_ISCHR(left.st_mode);
}

static volatile sig_atomic_t signalled;

static void hear(int signal) { (void)signal; signalled = 1; }

// The child's end is the signal.
static int signals_by_end(int tries)
{
    (void)tries;
    signal(SIGUSR1, hear);
    long child = syscall(SYS_clone, SIGUSR1, NULL, NULL, NULL, 0);
    if (child == 0)
        _exit(0);
    for (int i = 0; i < 100 && child > 0 && !signalled; i++)
        usleep(10000);
    return signalled;
}

const struct attack sibling_attacks[] = {
    { "sibling-vmsplice", reads_by_vmsplice, "vmsplice from a FIFO" },
    { "sibling-whiteout", leaves_device, "RENAME_WHITEOUT" },
    { "sibling-end", signals_by_end, "clone with another signal than SIGCHLD" },
    { "sibling-mapping", reads_by_mapping, "mmap, and mprotect" },
    { "sibling-mapping-link", reads_by_mapped_link, "mmap, and /proc/self/map_files" },
    { "sibling-pair", pair_of_datagrams, "socketpair of datagrams, connected to somebody else" },
    { "sibling-autobind", listens_by_autobind, "a name that connect gave, and listen" },
    { "sibling-receive", receives_by_option, "TCP_ZEROCOPY_RECEIVE" },
    { "sibling-terminal", opens_peer_of_terminal, "TIOCGPTPEER" },
    { "sibling-limit", kills_by_limit, "RLIMIT_CPU of another process" },
    { "sibling-limit-size", kills_by_size, "RLIMIT_FSIZE of another process" },
    { "sibling-hole", cuts_by_advice, "MADV_REMOVE" },
    { "sibling-hole-process", cuts_by_process_advice, "MADV_REMOVE by process_madvise" },
    { "sibling-more", sends_more, "a datagram in two parts, and another peer between" },
    { "sibling-cork", sends_corked, "UDP_CORK by another level" },
    { "sibling-raw-options", sends_behind_options, "UDP behind destination options, by a raw socket" },
    { "sibling-raw-fragment", sends_fragment, "UDP behind a fragment's header" },
    { "sibling-raw-header", sends_own_header, "IPV6_HDRINCL by another level" },
    { "sibling-terminal-signal", signals_by_terminal, "TIOCSIG" },
    { "sibling-raw", sends_raw_datagram, "UDP by a raw socket" },
    { "sibling-raw-family", binds_odd_family, "a raw socket bound by an address of no such family" },
    { "sibling-device", makes_device_again, "another device file for the same device" },
    { "sibling-link", connects_by_link, "a hard link to a socket" },
    { "sibling-name", named_as_another, "itself mounted over another program, in a mount namespace" },
    { "sibling-connects", connects, "connect, by the program's own name" },
    { "sibling-proc", covers_proc, "other files over /proc" },
    { 0 },
};
