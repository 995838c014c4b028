// Directories whose names are longer than a path may be: made step by step, and used by relative names.
#include "fidelity.h"

#include <dirent.h>
#include <sys/stat.h>

static const char *long_name(void)
{
    static char name[101];
    memset(name, 'n', 100);
    return name;
}

static void listed(int dir)
{
    DIR *all = fdopendir(openat(dir, ".", O_RDONLY | O_DIRECTORY));
    int names = 0;
    while (all && readdir(all))
        names++;
    line("  names %d", names);
    if (all)
        closedir(all);
}

static void at_depth(int depth)
{
    char said[64];
    line("depth %d", depth);
    line("  mkdir %s", ok(mkdir("dir", 0755)));
    line("  fifo %s", ok(mkfifo("fifo", 0644)));
    line("  symlink %s", ok(symlink("file", "link")));
    line("  symlink out %s", ok(symlink("/etc", "out")));
    int fd = open("file", O_RDWR | O_CREAT, 0640);
    line("  create %s", ok(fd));
    line("  write %s", text(write(fd, "text", 4)));
    line("  ftruncate %s", text(ftruncate(fd, 2)));
    line("  fchmod %s", text(fchmod(fd, 0600)));
    line("  again %s", ok(openat(AT_FDCWD, "link", O_RDONLY)));
    line("  up %s", ok(open("../none", O_RDONLY)));
    line("  up and down %s", ok(open("dir/../file", O_RDONLY)));
    line("  fifo %s", ok(open("fifo", O_RDONLY | O_NONBLOCK)));
    line("  out %s", ok(open("out/passwd", O_RDONLY)));
    line("  by number %s", ok(open("/proc/self/cwd/file", O_RDONLY)));
    line("  readlink %s", text(readlink("link", said, sizeof said)));
    line("  name of fd %s", ok(readlink("/proc/self/cwd", said, sizeof said)));
    line("  rename %s", text(rename("file", "other")));
    line("  link %s", text(link("other", "third")));
    line("  link link %s", text(link("link", "fourth")));
    line("  chmod %s", text(chmod("other", 0644)));
    line("  access %s", text(access("third", R_OK)));
    line("  file %s", entry(AT_FDCWD, "other"));
    line("  unnamed fd %s", text(fchmod(fd, 0400)));
    line("  unlink %s", text(unlink("third")));
    line("  exec %s", status_text(system("./other 2>/dev/null; exit 3")));
    int dir = open("dir", O_RDONLY | O_DIRECTORY);
    line("  openat %s", ok(openat(dir, "in", O_RDWR | O_CREAT | O_EXCL, 0600)));
    listed(dir);
    line("  rmdir %s", text(rmdir("dir")));
    line("  unlinkat %s", text(unlinkat(dir, "in", 0)));
    line("  rmdir %s", text(rmdir("dir")));
    listed(AT_FDCWD);
    for (int i = 3; i < 32; i++)
        if (i != dir)
            close(i);
    close(dir);
}

void run_deep(void)
{
    const char *name = long_name();
    int top = open(".", O_RDONLY | O_DIRECTORY), keep = dup2(top, 40);
    close(top);
    for (int depth = 1; depth <= 45; depth++) {
        if (mkdir(name, 0755) < 0 || chdir(name) < 0) {
            line("step %d %s", depth, text(-1));
            break;
        }
        if (depth == 20 || (depth >= 36 && depth <= 42) || depth == 45)
            at_depth(depth);
    }
    line("back %s", text(fchdir(keep)));
    close(keep);
    line("removed %s", status_text(system("rm -r n*")));
    line("left %s", entry(AT_FDCWD, name));
}
