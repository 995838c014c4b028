// Mounts and roots give a file another name; root in a user namespace may make them, too.
#include "attack.h"

#include <linux/mount.h>
#include <sys/mount.h>

static int in_new_root(const char *root, const char *name)
{
    must(chroot(root), "chroot");
    must(chdir("/"), "chdir");
    return reads_shut(name);
}

static int chrooted(int tries) { (void)tries; return in_new_root("shut", "/key"); }
static int chrooted_dotdot(int tries) { (void)tries; return in_new_root("shut", "/../../deep/../key"); }
static int user_chrooted(int tries) { (void)tries; map_user(); return in_new_root("shut", "/key"); }

// A directory outside of the root is still at hand: .. then climbs past the root.
static int chroot_escape(int tries)
{
    (void)tries;
    int outside = (int)must(open(".", O_PATH | O_DIRECTORY), ".");
    must(chroot("open"), "chroot");
    return is_shut(openat(outside, "shut/key", O_RDONLY));
}

static void own_mounts(void)
{
    private_mounts();
    must(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "mount");
}

static int bound(int tries)
{
    (void)tries;
    own_mounts();
    return mount("shut", "open", NULL, MS_BIND, NULL) == 0 && reads_shut("open/key");
}

static int bound_file(int tries)
{
    (void)tries;
    own_mounts();
    return mount("shut/key", "open/key", NULL, MS_BIND, NULL) == 0 && reads_shut("open/key");
}

static int moved(int tries)
{
    (void)tries;
    own_mounts();
    must(mkdir("other", 0755), "mkdir");
    return mount("shut", "other", NULL, MS_BIND, NULL) == 0 && mount("other", "open", NULL, MS_MOVE, NULL) == 0 && reads_shut("open/key");
}

static int pivoted(int tries)
{
    (void)tries;
    own_mounts();
    if (mount("shut", "shut", NULL, MS_BIND, NULL) < 0 || chdir("shut") < 0 || syscall(SYS_pivot_root, ".", "dir") < 0)
        return 0;
    return reads_shut("/key");
}

static int overlaid(int tries)
{
    (void)tries;
    own_mounts();
    must(mkdir("upper", 0755), "mkdir");
    must(mkdir("work", 0755), "mkdir");
    return mount("overlay", "open", "overlay", 0, "lowerdir=shut,upperdir=upper,workdir=work,userxattr") == 0 && reads_shut("open/key");
}

static int cloned_tree(int tries)
{
    (void)tries;
    own_mounts();
    int tree = (int)syscall(SYS_open_tree, AT_FDCWD, "shut", OPEN_TREE_CLONE | O_CLOEXEC);
    return tree >= 0 && is_shut(openat(tree, "key", O_RDONLY));
}

static int moved_tree(int tries)
{
    (void)tries;
    own_mounts();
    int tree = (int)syscall(SYS_open_tree, AT_FDCWD, "shut", OPEN_TREE_CLONE | O_CLOEXEC);
    return tree >= 0 && syscall(SYS_move_mount, tree, "", AT_FDCWD, "open", MOVE_MOUNT_F_EMPTY_PATH) == 0 && reads_shut("open/key");
}

// A child with mounts of its own shows them to us by its /proc/PID/root.
static int through_child(int tries)
{
    char name[8300];
    int ready[2];
    (void)tries;
    must(pipe(ready), "pipe");
    pid_t child = start_child();
    if (child == 0) {
        own_mounts();
        int failed = mount("shut", "open", NULL, MS_BIND, NULL) < 0;
        must(write(ready[1], failed ? "n" : "y", 1), "write");
        pause();
        _exit(0);
    }
    char answer = 0;
    close(ready[1]);
    if (read(ready[0], &answer, 1) != 1)
        _exit(status_of(child));        // it has said why
    snprintf(name, sizeof name, "/proc/%d/root%s", child, here("open/key"));
    int through = answer == 'y' && reads_shut(name);
    kill(child, SIGKILL);
    status_of(child);
    return through;
}

const struct attack mount_attacks[] = {
    { "root-chroot", chrooted, "chroot to its directory" },
    { "root-chroot-dotdot", chrooted_dotdot, "chroot, and .. at the new root" },
    { "root-chroot-user", user_chrooted, "chroot in a user namespace" },
    { "root-chroot-outside", chroot_escape, "chroot, and a descriptor from outside" },
    { "mount-bind", bound, "bind mount of its directory" },
    { "mount-bind-file", bound_file, "bind mount of the file" },
    { "mount-move", moved, "a mount that is moved" },
    { "mount-pivot-root", pivoted, "pivot_root to its directory" },
    { "mount-overlay", overlaid, "the lower directory of an overlay" },
    { "mount-open-tree", cloned_tree, "a detached copy by open_tree" },
    { "mount-move-tree", moved_tree, "a copy by open_tree, moved into place" },
    { "mount-child", through_child, "the mounts of a child by /proc/PID/root" },
    { 0 },
};
