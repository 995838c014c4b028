// Changing the rules in force: conf/rules.json.
#include "race.h"

static int plain(int tries) { (void)tries; return open("conf/rules.json", O_WRONLY) >= 0; }

static int opened_again(int tries)
{
    char name[64];
    (void)tries;
    snprintf(name, sizeof name, "/proc/self/fd/%d", (int)must(open("conf/rules.json", O_RDONLY), "conf/rules.json"));
    return open(name, O_RDWR) >= 0;
}

static int hard_link(int tries) { (void)tries; return link("conf/rules.json", "other") == 0 && open("other", O_WRONLY) >= 0; }
static int replaced(int tries) { (void)tries; write_text("other", "{}\n"); return rename("other", "conf/rules.json") == 0; }
static int removed(int tries) { (void)tries; return unlink("conf/rules.json") == 0; }
static int cut(int tries) { (void)tries; return truncate("conf/rules.json", 0) == 0; }

static int directory_moved(int tries)
{
    (void)tries;
    return rename("conf", "other") == 0 && mkdir("conf", 0755) == 0;
}

static int directory_exchanged(int tries)
{
    (void)tries;
    return syscall(SYS_renameat2, AT_FDCWD, "open", AT_FDCWD, "conf", 2 /* RENAME_EXCHANGE */) == 0;
}

static int above_moved(int tries)
{
    char was[4096], then[4200];
    (void)tries;
    if (!getcwd(was, sizeof was))
        broken("getcwd");
    snprintf(then, sizeof then, "%s.moved", was);
    int through = rename(was, then) == 0;
    if (through)
        must(rename(then, was), "rename back");
    return through;
}

// The rules were named by a link, and that is led elsewhere.
static int linked_elsewhere(int tries)
{
    (void)tries;
    must(symlink("open", "other"), "symlink");
    return rename("other", "confway") == 0;
}

static bool shot(void)
{
    long fd = syscall(SYS_openat, AT_FDCWD, path, O_WRONLY);
    struct stat found, wanted;
    bool through = fd >= 0 && fstat((int)fd, &found) == 0 && stat("shut/conf", &wanted) == 0 && found.st_ino == wanted.st_ino;
    if (fd >= 0)
        close((int)fd);
    return through;
}

// shut/conf is a link to the rules, open/conf to another file: the same four bytes as ever make the difference.
static int raced(int tries)
{
    must(symlink("../conf/rules.json", "shut/conf"), "symlink");
    must(symlink("key", "open/conf"), "symlink");
    flip_path("conf");
    return race(tries, THREAD, set_word, shot);
}

// Once it has got through, the rules stand elsewhere, and nobody may put them back.
static bool gone;
static bool rename_shot(void)
{
    struct stat found;
    mkdir("cont", 0755);
    syscall(SYS_rename, path, "moved");
    if (stat("moved/rules.json", &found) < 0) {
        rmdir("moved");
        return false;
    }
    bool first = !gone;
    gone = true;
    return first;
}

static int raced_directory(int tries)
{
    static char name[8] __attribute__((aligned(8))) = "cont";
    path = name;
    flip_word(name, "cont", "conf");
    return race(tries, THREAD, set_word, rename_shot);
}

const struct attack config_attacks[] = {
    { "config-open", plain, "opens the rules for writing" },
    { "config-reopen", opened_again, "opens them again through /proc/self/fd" },
    { "config-hard-link", hard_link, "by a hard link" },
    { "config-replace", replaced, "by renaming another file over them" },
    { "config-remove", removed, "by removing them" },
    { "config-truncate", cut, "by truncate" },
    { "config-directory", directory_moved, "by renaming their directory" },
    { "config-exchange", directory_exchanged, "by exchanging their directory" },
    { "config-above", above_moved, "by renaming a directory further up" },
    { "config-link", linked_elsewhere, "by another link in the place of one on the way to them" },
    { "config-race-open", raced, "rewrites the path of an open for writing" },
    { "config-race-rename", raced_directory, "rewrites the path of a rename of their directory" },
    { 0 },
};
