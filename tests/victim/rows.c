// Calls that need no code of their own: one row each, one letter per system call argument.
#include "victim.h"

#include <sys/uio.h>

#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif
#define SYS_listxattrat_ 465
#define SYS_removexattrat_ 466

// Taken from the command line, in order:
//   p  path              s  string            i  number
//   r w b P D  descriptor: fd:N, or a path opened r, w, rw, O_PATH, O_DIRECTORY before the call
//   V  iovec over a string    I  number, 0 when absent    M  number, the row's k when absent
// Supplied:
//   @  AT_FDCWD    z  0    k  the row's k    n  length of the last string    o  64 KiB buffer
//   N  that buffer's size    v  iovec over that buffer    c  1 (one iovec)
const struct row rows[] = {
    { "read", SYS_read, "roN", 0 },
    { "pread", SYS_pread64, "roNz", 0 },
    { "readv", SYS_readv, "rvc", 0 },
    { "preadv", SYS_preadv, "rvczz", 0 },
    { "preadv2", SYS_preadv2, "rvczzz", 0 },
    { "write", SYS_write, "wsn", 0 },
    { "pwrite", SYS_pwrite64, "wsnz", 0 },
    { "writev", SYS_writev, "wVc", 0 },
    { "pwritev", SYS_pwritev, "wVczz", 0 },
    { "pwritev2", SYS_pwritev2, "wVczzz", 0 },
    { "vmsplice", SYS_vmsplice, "wVcz", 0 },

    { "truncate", SYS_truncate, "pi", 0 },
    { "ftruncate", SYS_ftruncate, "wi", 0 },
    { "fallocate", SYS_fallocate, "wzzi", 0 },
    { "punch-hole", SYS_fallocate, "wkzi", 3 /* PUNCH_HOLE | KEEP_SIZE */ },

    { "unlink", SYS_unlink, "p", 0 },
    { "unlinkat", SYS_unlinkat, "@pz", 0 },
    { "unlinkat-dir", SYS_unlinkat, "@pk", AT_REMOVEDIR },
    { "unlink-dirfd", SYS_unlinkat, "Dpz", 0 },
    { "rmdir", SYS_rmdir, "p", 0 },
    { "rename", SYS_rename, "pp", 0 },
    { "renameat", SYS_renameat, "@p@p", 0 },
    { "renameat2", SYS_renameat2, "@p@pI", 0 },
    { "link", SYS_link, "pp", 0 },
    { "linkat", SYS_linkat, "@p@pI", 0 },
    { "symlink", SYS_symlink, "pp", 0 },
    { "symlinkat", SYS_symlinkat, "p@p", 0 },
    { "mkdir", SYS_mkdir, "pM", 0755 },
    { "mkdirat", SYS_mkdirat, "@pM", 0755 },
    { "mknod", SYS_mknod, "pMI", S_IFIFO | 0644 },
    { "mknodat", SYS_mknodat, "@pMI", S_IFIFO | 0644 },

    { "chmod", SYS_chmod, "pi", 0 },
    { "fchmod", SYS_fchmod, "ri", 0 },
    { "fchmodat", SYS_fchmodat, "@pi", 0 },
    { "fchmodat2", SYS_fchmodat2, "@piI", 0 },
    { "chown", SYS_chown, "pii", 0 },
    { "lchown", SYS_lchown, "pii", 0 },
    { "fchown", SYS_fchown, "rii", 0 },
    { "fchownat", SYS_fchownat, "@piiI", 0 },
    { "utime", SYS_utime, "pz", 0 },
    { "utimes", SYS_utimes, "pz", 0 },
    { "futimesat", SYS_futimesat, "@pz", 0 },
    { "utimensat", SYS_utimensat, "@pzz", 0 },
    { "futimens", SYS_utimensat, "rzzz", 0 },

    { "setxattr", SYS_setxattr, "pssnz", 0 },
    { "lsetxattr", SYS_lsetxattr, "pssnz", 0 },
    { "fsetxattr", SYS_fsetxattr, "rssnz", 0 },
    { "getxattr", SYS_getxattr, "psoN", 0 },
    { "lgetxattr", SYS_lgetxattr, "psoN", 0 },
    { "fgetxattr", SYS_fgetxattr, "rsoN", 0 },
    { "listxattr", SYS_listxattr, "poN", 0 },
    { "llistxattr", SYS_llistxattr, "poN", 0 },
    { "flistxattr", SYS_flistxattr, "roN", 0 },
    { "listxattrat", SYS_listxattrat_, "@pzoN", 0 },
    { "removexattr", SYS_removexattr, "ps", 0 },
    { "lremovexattr", SYS_lremovexattr, "ps", 0 },
    { "fremovexattr", SYS_fremovexattr, "rs", 0 },
    { "removexattrat", SYS_removexattrat_, "@pzs", 0 },

    { "stat", SYS_stat, "po", 0 },
    { "lstat", SYS_lstat, "po", 0 },
    { "fstat", SYS_fstat, "ro", 0 },
    { "newfstatat", SYS_newfstatat, "@poI", 0 },
    { "statx", SYS_statx, "@pIko", 0x7ff },
    { "statfs", SYS_statfs, "po", 0 },
    { "fstatfs", SYS_fstatfs, "ro", 0 },
    { "access", SYS_access, "pi", 0 },
    { "faccessat", SYS_faccessat, "@pi", 0 },
    { "faccessat2", SYS_faccessat2, "@piI", 0 },
    { "readlink", SYS_readlink, "poN", 0 },
    { "readlinkat", SYS_readlinkat, "@poN", 0 },
    { "chdir", SYS_chdir, "p", 0 },
    { "fchdir", SYS_fchdir, "D", 0 },
    { "getdents", SYS_getdents, "DoN", 0 },
    { "getdents64", SYS_getdents64, "DoN", 0 },

    { "mount", SYS_mount, "ppsIz", 0 },
    { "umount", SYS_umount2, "pI", 0 },
    { "chroot", SYS_chroot, "p", 0 },
    { "pivot_root", SYS_pivot_root, "pp", 0 },
    { "open_tree", SYS_open_tree, "@pI", 0 },
    { "fsopen", SYS_fsopen, "sI", 0 },
    { "fspick", SYS_fspick, "@pI", 0 },
    { "move_mount", SYS_move_mount, "@p@pI", 0 },
    { "swapon", SYS_swapon, "pI", 0 },
    { "acct", SYS_acct, "p", 0 },
    { "uselib", SYS_uselib, "p", 0 },
    { "memfd_create", SYS_memfd_create, "sI", 0 },
    { "unshare", SYS_unshare, "i", 0 },
    { NULL, 0, NULL, 0 },
};

static const char *placeholder(char letter)
{
    switch (letter) {
    case 'p': return " PATH";
    case 's': case 'V': return " TEXT";
    case 'i': return " NUMBER";
    case 'r': case 'w': case 'b': case 'P': return " PATH|fd:N";
    case 'D': return " DIR|fd:N";
    case 'I': case 'M': return " [NUMBER]";
    default: return "";
    }
}

void print_row_usage(const struct row *row)
{
    char line[200] = "";
    for (const char *letter = row->spec; *letter; letter++)
        strcat(line, placeholder(*letter));
    say(1, "  %s%s\n", row->name, line);
}

static int flags_of(char letter)
{
    switch (letter) {
    case 'w': return O_WRONLY;
    case 'b': return O_RDWR;
    case 'P': return O_PATH;
    case 'D': return O_RDONLY | O_DIRECTORY;
    default: return O_RDONLY;
    }
}

int run_row(const struct row *row, int argc, char **argv)
{
    static char buffer[65536];
    static struct iovec vector;
    long words[6] = { 0 };
    const char *last = "";
    int next = 1, count = 0;

    for (const char *letter = row->spec; *letter; letter++) {
        char *text = "";
        if (strchr("psirwbPDV", *letter)) {
            if (next >= argc) {
                say(2, "usage: victim");
                print_row_usage(row);
                return 2;
            }
            text = argv[next++];
        }
        long *word = &words[count++];
        switch (*letter) {
        case 'p': *word = (long)path_argument(text); break;
        case 's': *word = (long)path_argument(text); last = text; break;
        case 'i': *word = number(text); break;
        case 'I': *word = next < argc ? number(argv[next++]) : 0; break;
        case 'M': *word = next < argc ? number(argv[next++]) : row->k; break;
        case '@': *word = AT_FDCWD; break;
        case 'k': *word = row->k; break;
        case 'n': *word = (long)strlen(last); break;
        case 'o': *word = (long)buffer; break;
        case 'N': *word = sizeof buffer; break;
        case 'c': *word = 1; break;
        case 'v': vector = (struct iovec){ buffer, sizeof buffer }; *word = (long)&vector; break;
        case 'V': vector = (struct iovec){ path_argument(text), strlen(text) }; *word = (long)&vector; break;
        case 'z': break;
        default: *word = fd_argument(text, flags_of(*letter)); break;
        }
    }
    return report(row->name, syscall(row->nr, words[0], words[1], words[2], words[3], words[4], words[5]));
}
