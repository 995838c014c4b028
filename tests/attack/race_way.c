// Other hands that change a name between the verdict and the call: another process, the file system, the memory map.
#include "race.h"

#include <linux/userfaultfd.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/uio.h>
#include <sys/un.h>

static bool open_shot(void) { return is_shut(syscall(SYS_openat, AT_FDCWD, path, O_RDONLY)); }

static bool chmod_shot(void)
{
    static int turn;
    struct stat found;
    mode_t mode = (mode_t)(04400 | (++turn & 0377));
    syscall(SYS_chmod, path, mode);
    return stat("shut/key", &found) == 0 && (found.st_mode & 07777) == mode;
}

static bool unlink_shot(void)
{
    struct stat found;
    mknod("open/new", S_IFREG | 0644, 0);
    mknod("shut/new", S_IFREG | 0644, 0);
    syscall(SYS_unlink, path);
    return lstat("shut/new", &found) < 0;
}

static bool create_shot(void)
{
    struct stat found;
    long fd = syscall(SYS_openat, AT_FDCWD, path, O_CREAT | O_WRONLY, 0644);
    if (fd >= 0)
        close((int)fd);
    bool through = lstat("shut/new", &found) == 0;
    unlink("shut/new");
    unlink("open/new");
    return through;
}

static bool connect_shot(void)
{
    struct sockaddr_un name = { .sun_family = AF_UNIX }, peer = { 0 };
    socklen_t length = sizeof peer;
    int fd = (int)must(socket(AF_UNIX, SOCK_DGRAM, 0), "socket");
    strcpy(name.sun_path, path);
    syscall(SYS_connect, fd, &name, sizeof name);
    bool through = getpeername(fd, (struct sockaddr *)&peer, &length) == 0 && memcmp(peer.sun_path, "shut", 4) == 0;
    close(fd);
    return through;
}

static bool execve_shot(void) { char *argv[] = { "prog", NULL }; return run_program(path, argv) == 42; }

// --- another process

static pid_t owner;
static char *remote;

static void set_by_writev(int side)
{
    struct iovec from = { &word.sides[side], 4 }, into = { remote, 4 };
    syscall(SYS_process_vm_writev, owner, &from, 1, &into, 1, 0);
}

static void set_by_mem(int side)
{
    static pid_t opener;
    static int memory;
    char name[64];
    if (opener != getpid()) {
        opener = getpid();
        snprintf(name, sizeof name, "/proc/%d/mem", owner);
        memory = (int)must(open(name, O_RDWR), name);
    }
    must(pwrite(memory, &word.sides[side], 4, (off_t)(uintptr_t)remote), "pwrite");
}

static int by_shared_page(int tries)
{
    path = strcpy(shared_page(), "open/key");
    flip_word(path, "open", "shut");
    return race(tries, PROCESS, set_word, open_shot);
}

static int from_outside(int tries, void (*set)(int))
{
    owner = getpid();
    prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
    flip_path("key");
    remote = path;
    set(0);
    return race(tries, PROCESS, set, open_shot);
}

static int by_writev(int tries) { return from_outside(tries, set_by_writev); }
static int by_mem(int tries) { return from_outside(tries, set_by_mem); }

// --- the memory map

static int pages;
static void set_by_map(int side)
{
    if (mmap(path, 4096, PROT_READ, MAP_SHARED | MAP_FIXED, pages, side * 4096L) == MAP_FAILED)
        broken("mmap");
}

static void set_by_pwrite(int side) { must(pwrite(pages, side ? "shut" : "open", 4, 0), "pwrite"); }

static void make_pages(void)
{
    pages = (int)must(open("pages", O_RDWR | O_CREAT | O_TRUNC, 0644), "pages");
    must(ftruncate(pages, 8192), "ftruncate");
    must(pwrite(pages, "open/key", 9, 0), "pwrite");
    must(pwrite(pages, "shut/key", 9, 4096), "pwrite");
    path = mmap(NULL, 4096, PROT_READ, MAP_SHARED, pages, 0);
    if (path == MAP_FAILED)
        broken("mmap");
}

static int by_map(int tries) { make_pages(); return race(tries, THREAD, set_by_map, open_shot); }
static int by_pwrite(int tries) { make_pages(); return race(tries, PROCESS, set_by_pwrite, open_shot); }

// A path that ends in a page which isn't there: the reader waits until we say what it reads, and we change it
// once the reader has gone on.
static char *area;
static int faults;
static volatile int lasting, serving;
static void *serve(void *unused)
{
    static char page[4096] __attribute__((aligned(4096)));
    struct uffd_msg message;
    unsigned delay = 0;
    (void)unused;
    for (;;) {
        if (read(faults, &message, sizeof message) != sizeof message)
            continue;
        serving = 1;
        memcpy(page, lasting ? "shut/key" : "open/key", 9);
        struct uffdio_copy copy = { .dst = (uintptr_t)area + 4096, .src = (uintptr_t)page, .len = 4096 };
        ioctl(faults, UFFDIO_COPY, &copy);
        if (!lasting) {
            spin(delay);
            delay = (delay + 37) % 1200;
            memcpy(area + 4096, "shut", 4);
        }
        serving = 0;
    }
    return NULL;
}

static int by_fault(int tries)
{
    pthread_t thread;
    int through = 0;
    struct uffdio_api api = { .api = UFFD_API };
    // The device asks for rights to a file, the call for CAP_SYS_PTRACE.
    int device = open("/dev/userfaultfd", O_RDWR | O_CLOEXEC);
    faults = device >= 0 ? ioctl(device, USERFAULTFD_IOC_NEW, O_CLOEXEC) : -1;
    if (device >= 0 && faults < 0)
        return 0;
    if (faults < 0)
        faults = (int)must(syscall(SYS_userfaultfd, O_CLOEXEC), "userfaultfd");
    must(ioctl(faults, UFFDIO_API, &api), "UFFDIO_API");
    area = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (area == MAP_FAILED)
        broken("mmap");
    memcpy(area + 4094, "./", 2);
    struct uffdio_register range = { .range = { (uintptr_t)area + 4096, 4096 }, .mode = UFFDIO_REGISTER_MODE_MISSING };
    must(ioctl(faults, UFFDIO_REGISTER, &range), "UFFDIO_REGISTER");
    pthread_create(&thread, NULL, serve, NULL);
    for (int i = 0; i < tries; i++) {
        lasting = i % 4 == 3;
        through += is_shut(syscall(SYS_openat, AT_FDCWD, area + 4094, O_RDONLY));
        while (serving)
            spin(1);        // it would wait for itself, if the page went while it writes there
        must(madvise(area + 4096, 4096, MADV_DONTNEED), "madvise");
    }
    return through;
}

// --- the file system

// `way` is a link; rename(2) puts another in its place, with no moment without one.
static void set_link(int side)
{
    char own[64];
    snprintf(own, sizeof own, "way.%ld", syscall(SYS_gettid));
    must(symlink(side ? "shut" : "open", own), "symlink");
    must(rename(own, "way"), "rename");
}

static void set_last_link(int side)
{
    char own[64];
    snprintf(own, sizeof own, "way.%ld", syscall(SYS_gettid));
    must(symlink(side ? "shut/key" : "open/key", own), "symlink");
    must(rename(own, "way"), "rename");
}

// `way` is a directory, exchanged for another whose entry `in` is a link to shut/ instead of a directory.
static int *exchanged;      // which of the two is there
static void set_directory(int side)
{
    if (__atomic_exchange_n(exchanged, side, __ATOMIC_SEQ_CST) != side)
        syscall(SYS_renameat2, AT_FDCWD, "way", AT_FDCWD, "other", 2 /* RENAME_EXCHANGE */);
}

static int links(int tries, const char *through, void (*set)(int), bool (*shot)(void))
{
    path = strdup(through);
    return race(tries, PROCESS, set, shot);
}

static int by_link(int tries) { return links(tries, "way/key", set_link, open_shot); }
static int by_last_link(int tries) { return links(tries, "way", set_last_link, open_shot); }
static int chmod_by_link(int tries) { return links(tries, "way/key", set_link, chmod_shot); }
static int unlink_by_link(int tries) { return links(tries, "way/new", set_link, unlink_shot); }
static int create_by_link(int tries) { return links(tries, "way/new", set_link, create_shot); }
static int execve_by_link(int tries) { return links(tries, "way/prog", set_link, execve_shot); }

static int connect_by_link(int tries)
{
    for (int i = 0; i < 2; i++) {
        struct sockaddr_un name = { .sun_family = AF_UNIX };
        strcpy(name.sun_path, i ? "shut/soc" : "open/soc");
        must(bind((int)must(socket(AF_UNIX, SOCK_DGRAM, 0), "socket"), (struct sockaddr *)&name, sizeof name), "bind");
    }
    return links(tries, "way/soc", set_link, connect_shot);
}

static int by_directory(int tries)
{
    exchanged = shared_page();
    must(mkdir("way", 0755), "mkdir");
    must(mkdir("way/in", 0755), "mkdir");
    write_text("way/in/key", "open\n");
    must(mkdir("other", 0755), "mkdir");
    must(symlink("../shut", "other/in"), "symlink");
    return links(tries, "way/in/key", set_directory, open_shot);
}

// `..` leaves a directory that is moved meanwhile.
static void set_parent(int side)
{
    if (__atomic_exchange_n(exchanged, side, __ATOMIC_SEQ_CST) != side)
        syscall(SYS_rename, side ? "open/moving" : "shut/moving", side ? "shut/moving" : "open/moving");
}

static int by_parent(int tries)
{
    exchanged = shared_page();
    must(mkdir("open/moving", 0755), "mkdir");
    must(chdir("open/moving"), "chdir");
    path = "../key";
    must(fchdir(open("../..", O_PATH | O_DIRECTORY)), "fchdir");
    int dir = (int)must(open("open/moving", O_PATH | O_DIRECTORY), "open/moving");
    char name[64];
    snprintf(name, sizeof name, "/proc/self/fd/%d/../key", dir);
    return links(tries, name, set_parent, open_shot);
}

// The working directory is shared with a thread that changes it.
static int directories[2];
static void set_cwd(int side) { syscall(SYS_fchdir, directories[side]); }

static int changing_cwd(int tries, enum by who)
{
    directories[0] = (int)must(open("open", O_PATH | O_DIRECTORY), "open");
    directories[1] = (int)must(open("shut", O_PATH | O_DIRECTORY), "shut");
    path = "key";
    return race(tries, who, set_cwd, open_shot);
}

static int by_cwd(int tries) { return changing_cwd(tries, THREAD); }
static int by_other_cwd(int tries) { return changing_cwd(tries, TWIN); }

const struct attack way_races[] = {
    { "race-shared-page", by_shared_page, "the path stands in a page that another process writes" },
    { "race-vm-writev", by_writev, "another process rewrites the path by process_vm_writev" },
    { "race-proc-mem", by_mem, "another process rewrites the path through /proc/PID/mem" },
    { "race-map-fixed", by_map, "another page is mapped over the path" },
    { "race-file-page", by_pwrite, "the path stands in a mapped file that another process writes" },
    { "race-userfault", by_fault, "the path ends in a page that a thread hands over when it is read" },
    { "race-link-middle", by_link, "a directory of the path is a link that another process changes" },
    { "race-link-last", by_last_link, "the path is a link that another process changes" },
    { "race-link-chmod", chmod_by_link, "the same while chmod" },
    { "race-link-unlink", unlink_by_link, "the same while unlink" },
    { "race-link-create", create_by_link, "the same while creating" },
    { "race-link-execve", execve_by_link, "the same while execve" },
    { "race-link-connect", connect_by_link, "the same while connecting to a unix socket" },
    { "race-directory", by_directory, "a directory of the path is exchanged" },
    { "race-parent", by_parent, "a directory is moved while .. leaves it" },
    { "race-cwd", by_cwd, "another thread changes the working directory" },
    { "race-cwd-process", by_other_cwd, "a process that shares the working directory changes it" },
    { 0 },
};
