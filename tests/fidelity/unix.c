// Sockets with names in the file system, with names of their own, and without.
#include "fidelity.h"

#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

struct name {
    struct sockaddr_un address;
    socklen_t length;
};

static struct name named(const char *path)
{
    struct name n;
    memset(&n, 0, sizeof n);
    n.address.sun_family = AF_UNIX;
    size_t length = strlen(path);
    memcpy(n.address.sun_path, path, length > sizeof n.address.sun_path ? sizeof n.address.sun_path : length);
    n.length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + 1);
    if (path[0] == '@') {
        n.address.sun_path[0] = 0;
        n.length--;
    }
    if (n.length > sizeof n.address)
        n.length = sizeof n.address;
    return n;
}

static const char *shown(const struct sockaddr_un *a, socklen_t length)
{
    static char room[4][200];
    static int next;
    char *out = room[next++ % 4];
    if (length <= offsetof(struct sockaddr_un, sun_path))
        snprintf(out, 200, "nameless length %d", (int)length);
    else if (a->sun_path[0])
        snprintf(out, 200, "'%.108s' length %d", a->sun_path, (int)length);
    else
        snprintf(out, 200, "'@%.107s' length %d", a->sun_path + 1, (int)length);
    return out;
}

static const char *own(int fd)
{
    struct sockaddr_un a = { 0 };
    socklen_t length = sizeof a;
    return getsockname(fd, (void *)&a, &length) < 0 ? text(-1) : shown(&a, length);
}

static const char *peer(int fd)
{
    struct sockaddr_un a = { 0 };
    socklen_t length = sizeof a;
    return getpeername(fd, (void *)&a, &length) < 0 ? text(-1) : shown(&a, length);
}

static const char *connects(int fd, const char *path)
{
    struct name n = named(path);
    return text(connect(fd, (void *)&n.address, n.length));
}

static const char *binds(int fd, const char *path)
{
    struct name n = named(path);
    return text(bind(fd, (void *)&n.address, n.length));
}

static const char *sends(int fd, const char *path, const char *what)
{
    struct name n = named(path);
    return text(sendto(fd, what, strlen(what), MSG_NOSIGNAL | MSG_DONTWAIT, (void *)&n.address, n.length));
}

static int fresh(int type) { return socket(AF_UNIX, type | SOCK_CLOEXEC, 0); }

static void closed(void)
{
    for (int fd = 3; fd < 60; fd++)
        close(fd);
}

static void type(int type, const char *prefix)
{
    char path[64], elsewhere[64], room[64] = "";
    snprintf(path, sizeof path, "%s", prefix);
    int server = fresh(type);
    line("bind %s: %s own %s; %s", path, binds(server, path), own(server), entry(AT_FDCWD, path));
    line("in use: %s, twice %s", binds(fresh(type), path), binds(server, "other"));
    int client = fresh(type);
    if (type != SOCK_DGRAM) {
        line("nobody listens: %s", connects(client, path));
        line("listen %s", text(listen(server, 2)));
    }
    line("connect %s own %s peer %s", connects(client, path), own(client), peer(client));
    if (type != SOCK_DGRAM) {
        struct sockaddr_un from;
        socklen_t length = sizeof from;
        int other = accept4(server, (void *)&from, &length, SOCK_NONBLOCK);
        line("accepted from %s, own %s peer %s", shown(&from, length), own(other), peer(other));
        line("send %s got %s '%s'", text(send(client, "hello", 5, 0)), text(recv(other, room, sizeof room, 0)), room);
        line("again %s", connects(client, path));
        struct ucred who;
        length = sizeof who;
        const char *by_accepted = text(getsockopt(other, SOL_SOCKET, SO_PEERCRED, &who, &length));
        line("peer's credentials %s: own process %d uid %d gid %d", by_accepted, who.pid == getpid(), (int)who.uid, (int)who.gid);
        length = sizeof who;
        const char *by_client = text(getsockopt(client, SOL_SOCKET, SO_PEERCRED, &who, &length));
        line("server's credentials %s: own process %d uid %d gid %d", by_client, who.pid == getpid(), (int)who.uid, (int)who.gid);
        line("with an address %s", sends(client, path, "x"));
    } else {
        line("send %s, to it %s", text(send(client, "one", 3, 0)), sends(fresh(type), path, "two"));
        struct sockaddr_un from;
        socklen_t length = sizeof from;
        line("got %s '%.3s' then %s '%.3s'", text(recv(server, room, sizeof room, 0)), room, text(recvfrom(server, room + 10, 20, 0, (void *)&from, &length)), room + 10);
        line("from %s", shown(&from, length));
        snprintf(elsewhere, sizeof elsewhere, "%s-client", prefix);
        int from_name = fresh(type);
        line("bound sender %s sends %s", binds(from_name, elsewhere), sends(from_name, path, "three"));
        length = sizeof from;
        line("got %s from %s", text(recvfrom(server, room, sizeof room, 0, (void *)&from, &length)), shown(&from, length));
        line("answer %s", text(sendto(server, "back", 4, 0, (void *)&from, length)));
        line("not for others: connect elsewhere %s, send from another %s", connects(server, elsewhere), sends(client, path, "x"));
    }
    // Another type at that name.
    line("wrong type %s", connects(fresh(type == SOCK_STREAM ? SOCK_DGRAM : SOCK_STREAM), path));
    close(server);
    line("gone: %s", connects(fresh(type), path));
    closed();
}

static void places(void)
{
    static const char *const paths[] = { "missing", "no/such", "file", "dir", "link", "dangling", "loop", "dir/sock", "dir/../sock", "sock/", "./sock", "closed/sock", "locked", "/dev/null", "", "@", "@none",
                                         "file/sock", "/proc/self/cwd/sock", "link-dir/sock" };
    int server = fresh(SOCK_STREAM), in_dir = fresh(SOCK_STREAM), locked = fresh(SOCK_STREAM), in_closed = fresh(SOCK_STREAM), datagrams = fresh(SOCK_DGRAM);
    char whole[4200];
    mkdir("dir", 0755);
    mkdir("closed", 0755);
    mkdir("read-only", 0755);
    write_file("file", "x\n", 0644);
    line("binds %s %s %s %s %s", binds(server, "sock"), binds(in_dir, "dir/sock"), binds(locked, "locked"), binds(in_closed, "closed/sock"), binds(datagrams, "dgram"));
    listen(server, 50);
    listen(in_dir, 50);
    listen(locked, 50);
    listen(in_closed, 50);
    chmod("locked", 0444);
    chmod("closed", 0600);
    chmod("read-only", 0555);
    if (symlink("sock", "link") < 0 || symlink("none", "dangling") < 0 || symlink("loop", "loop") < 0 || symlink("dir", "link-dir") < 0 || symlink("dgram", "link-dgram") < 0)
        broken("symlink");
    for (size_t i = 0; i < COUNT(paths); i++)
        line("connect '%s': %s, datagram %s", paths[i], connects(fresh(SOCK_STREAM), paths[i]), sends(fresh(SOCK_DGRAM), paths[i], "x"));
    line("datagram by a link %s", sends(fresh(SOCK_DGRAM), "link-dgram", "x"));
    closed();
    static const char *const names[] = { "file", "dir", "dangling", "link", "no/such", "new/", "dir/new", "read-only/new", "closed/new", "./././new2", "link-dir/new3", "/dev/null", "/proc/new", "" };
    for (size_t i = 0; i < COUNT(names); i++) {
        int fd = fresh(SOCK_STREAM);
        line("bind '%s': %s own %s", names[i], binds(fd, names[i]), strlen(names[i]) ? own(fd) : "-");
    }
    closed();
    umask(077);
    int fd = fresh(SOCK_STREAM);
    line("bind under umask: %s %s", binds(fd, "private"), entry(AT_FDCWD, "private"));
    umask(022);
    fd = fresh(SOCK_STREAM);
    fchmod(fd, 0640);
    line("bind after fchmod: %s %s", binds(fd, "chmodded"), entry(AT_FDCWD, "chmodded"));
    snprintf(whole, sizeof whole, "%s/w", here);
    fd = fresh(SOCK_STREAM);
    if (strlen(whole) < 108)
        line("bind whole: %s %s", binds(fd, whole), entry(AT_FDCWD, "w"));

    // In another directory the name means another file.
    if (chdir("dir") == 0) {
        fd = fresh(SOCK_DGRAM);
        line("elsewhere: %s own %s", binds(fd, "relative"), own(fd));
        if (chdir("..") == 0)
            line("from here %s, by its path %s", sends(fresh(SOCK_DGRAM), "relative", "x"), sends(fresh(SOCK_DGRAM), "dir/relative", "x"));
    }
    line("renamed: %s %s", text(rename("dir/relative", "moved")), sends(fresh(SOCK_DGRAM), "moved", "x"));
    closed();
}

static void lengths(void)
{
    struct sockaddr_un a = { .sun_family = AF_UNIX };
    char room[4200] = { 0 };
    static const int sizes[] = { -1, 0, 1, 2, 3, 4, 50, 107, 108, 109, 110, 111, 128, 129, 4096 };
    for (size_t i = 0; i < COUNT(sizes); i++) {
        memset(a.sun_path, 'u', sizeof a.sun_path);
        memcpy(room, &a, sizeof a);
        int fd = fresh(SOCK_STREAM), other = fresh(SOCK_STREAM);
        line("length %d: connect %s bind %s own %s", sizes[i], text(connect(other, (void *)room, (socklen_t)sizes[i])), text(bind(fd, (void *)room, (socklen_t)sizes[i])), sizes[i] == 2 ? "autobound" : plain(own(fd)));
        memset(room + 2, 0, 3);
        room[3] = 'a';
        fd = fresh(SOCK_DGRAM);
        line("length %d, abstract: %s", sizes[i], text(bind(fd, (void *)room, (socklen_t)sizes[i])));
        closed();
    }
    strcpy(a.sun_path, "inner");
    strcpy(a.sun_path + 6, "more");
    int fd = fresh(SOCK_STREAM);
    line("a zero inside: %s %s", text(bind(fd, (void *)&a, sizeof a)), entry(AT_FDCWD, "inner"));
    a.sun_family = AF_INET;
    line("wrong family: %s %s", text(connect(fresh(SOCK_STREAM), (void *)&a, sizeof a)), text(bind(fresh(SOCK_STREAM), (void *)&a, sizeof a)));
    a.sun_family = AF_UNSPEC;
    line("no family: %s %s", text(connect(fresh(SOCK_STREAM), (void *)&a, sizeof a)), text(connect(fresh(SOCK_DGRAM), (void *)&a, sizeof a)));
    closed();
}

static int waits(void *unused)
{
    (void)unused;
    int server = fresh(SOCK_STREAM), status;
    binds(server, "full");
    listen(server, 0);
    line("  first %s", connects(fresh(SOCK_STREAM), "full"));
    line("  second %s", connects(fresh(SOCK_STREAM | SOCK_NONBLOCK), "full"));
    pid_t child = fork();
    if (child == 0) {
        alarm(30);
        line("  child: %s", connects(fresh(SOCK_STREAM), "full"));
        _exit(0);
    }
    line("  waits: %d", asleep(child, child));
    accept(server, NULL, NULL);
    waitpid(child, &status, 0);
    line("  %s", status_text(status));
    return 0;
}

static void none(int signal) { (void)signal; }

static int interrupted(void *unused)
{
    (void)unused;
    int server = fresh(SOCK_STREAM), status;
    binds(server, "full2");
    listen(server, 0);
    connects(fresh(SOCK_STREAM), "full2");
    pid_t child = fork();
    if (child == 0) {
        install(SIGUSR1, none, 0);
        line("  child: %s", connects(fresh(SOCK_STREAM), "full2"));
        _exit(0);
    }
    line("  waits: %d", asleep(child, child));
    kill(child, SIGUSR1);
    waitpid(child, &status, 0);
    line("  %s", status_text(status));
    return 0;
}

void run_unix(void)
{
    char name[64];
    closed();
    type(SOCK_STREAM, "stream");
    type(SOCK_SEQPACKET, "packets");
    type(SOCK_DGRAM, "datagrams");
    snprintf(name, sizeof name, "@fidelity-%d", getuid());
    type(SOCK_STREAM, name);
    type(SOCK_SEQPACKET, name);
    type(SOCK_DGRAM, name);
    places();
    lengths();
    in_child("a full queue", waits, NULL);
    in_child("a full queue, interrupted", interrupted, NULL);
    line("%s", snapshot());
}
