#!/usr/bin/env bash
# Runs the victim natively: every command must make the system call it names, and give the expected
# result. `check.sh VICTIM`; needs strace.
set -u
victim=$(realpath "$1")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
passed=0 failed=0

fresh() {
  rm -rf "$dir"/* && mkdir d && echo hello > f && echo other > g && ln -s f l && mkfifo p
}

# want CALL RESULT COMMAND ARGS…: RESULT is a glob, CALL must be in strace's log.
want() {
  local call=$1 result=$2 output
  shift 2
  fresh
  output=$(timeout 20 strace -f -qq -o "$dir/.trace" -e "trace=$call" "$victim" "$@" 2>&1 < /dev/null)
  # shellcheck disable=SC2053
  if [[ $output == $result ]] && grep -q "$call(" "$dir/.trace"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "FAILED victim $*: got '$output', wanted '$result' by $call"
  fi
}

want open "open = 3" open f r
want open "open = ENOENT" open missing r
want open "open = 3" open new w+create+exclusive
want open "open = ENOTDIR" open f r+directory
want openat "openat = 3" openat f rw
want openat2 "openat2 = 3" openat2 f r
want openat2 "openat2 = 3" openat2 new w+create 0600
want openat2 "openat2 = ELOOP" openat2 l r 0 4
want creat "creat = 3" creat new
want openat "open-dirfd = 4" open-dirfd . f
want openat "open-proc-fd = 4" open-proc-fd f
want open_by_handle_at "open-handle = *" open-handle f .
want name_to_handle_at "name_to_handle_at = *" name_to_handle_at f
for call in read readv preadv preadv2; do want $call "$call = 6" $call f; done
want pread64 "pread = 6" pread f
for call in write writev pwritev pwritev2; do want $call "$call = 3" $call f abc; done
want pwrite64 "pwrite = 3" pwrite f abc
want sendfile "sendfile = 6" sendfile g f
want copy_file_range "copy_file_range = 6" copy_file_range g f
want io_submit "aio-write = 3" aio-write f abc
want io_submit "aio-read = 6" aio-read f
want mmap "mmap-shared = ok" mmap-shared f abc
want mprotect "mmap-mprotect = ok" mmap-mprotect f abc
want ioctl "reflink = *" reflink g f
want dup "hi*dup-stdout-write = 3" dup-stdout-write "hi
"
want openat "*hi*reopen-stdout = 3*" reopen-stdout "hi
"
want dup2 "write-as-stdout = 3" write-as-stdout f abc
want truncate "truncate = 0" truncate f 1
want ftruncate "ftruncate = 0" ftruncate f 1
want fallocate "fallocate = 0" fallocate f 100
want fallocate "punch-hole = 0" punch-hole f 3
want unlink "unlink = 0" unlink f
want unlinkat "unlinkat = 0" unlinkat f
want unlinkat "unlinkat-dir = 0" unlinkat-dir d
want unlinkat "unlink-dirfd = 0" unlink-dirfd . f
want rmdir "rmdir = 0" rmdir d
for call in rename renameat renameat2; do want $call "$call = 0" $call f h; done
want renameat2 "renameat2 = 0" renameat2 f g 2
for call in link linkat symlink symlinkat; do want $call "$call = 0" $call f h; done
for call in mkdir mkdirat; do want $call "$call = 0" $call h; done
for call in mknod mknodat; do want $call "$call = 0" $call h; done
for call in chmod fchmod fchmodat; do want $call "$call = 0" $call f 0600; done
for call in chown lchown fchown fchownat; do want $call "$call = 0" $call f $UID $UID; done
for call in utime utimes futimesat utimensat; do want $call "$call = 0" $call f; done
want utimensat "futimens = 0" futimens f
for call in setxattr lsetxattr fsetxattr; do want $call "$call = 0" $call f user.a b; done
for call in getxattr lgetxattr fgetxattr; do want $call "$call = ENODATA" $call f user.a; done
for call in listxattr llistxattr flistxattr; do want $call "$call = 0" $call f; done
for call in removexattr lremovexattr fremovexattr; do want $call "$call = ENODATA" $call f user.a; done
for call in stat lstat fstat newfstatat statx statfs fstatfs; do want $call "$call = 0" $call f; done
for call in access faccessat faccessat2; do want $call "$call = 0" $call f 4; done
for call in readlink readlinkat; do want $call "$call = 1" $call l; done
want chdir "chdir = 0" chdir d
want fchdir "fchdir = 0" fchdir d
for call in getdents getdents64; do want $call "$call = *" $call .; done
want execve "exec = ENOENT" exec ./missing
want execve "arguments?1? = a" exec "$victim" arguments a
want execveat "arguments?1? = a" execveat "$victim" arguments a
want execveat "arguments?1? = a" fexecve "$victim" arguments a
want execveat "arguments?1? = a" memfd-exec "$victim" arguments a
want execve "arguments?1? = a" exec-proc-fd "$victim" arguments a
want execve "exec-bad-argv = EFAULT" exec-bad-argv "$victim"
for call in fork vfork clone clone3; do want $call "$call = ok" $call; done
want clone "clone-untraced = ok" clone-untraced
want clone3 "clone3-untraced = ok" clone3-untraced
want clone3 "thread = ok" thread
want clone "thread-clone = ok" thread-clone
want kill "kill = 0" kill self 0
want kill "kill-group = 0" kill-group URG
want tkill "tkill = 0" tkill self 0
want tgkill "tgkill = 0" tgkill self 0
want rt_sigqueueinfo "sigqueue = 0" sigqueue self URG
want rt_tgsigqueueinfo "tgsigqueue = 0" tgsigqueue self URG
want pidfd_send_signal "pidfd-kill = 0" pidfd-kill self 0
want fcntl "setown-kill = 1" setown-kill self URG
want connect "connect-tcp = ECONNREFUSED" connect-tcp 127.0.0.1 1
want connect "connect-tcp = E*" connect-tcp ::1 1
want connect "connect-udp = 0" connect-udp 127.0.0.1 9
want connect "connect-unix = ENOENT" connect-unix ./missing
want connect "connect-unix = ECONNREFUSED" connect-unix @missing
want connect "connect-bad-pointer = EFAULT" connect-bad-pointer
want sendto "sendto = 1" sendto 127.0.0.1 9
want sendto "sendto-unix = ENOENT" sendto-unix ./missing
want sendto "sendto-fastopen = ECONNREFUSED" sendto-fastopen 127.0.0.1 1
want sendmsg "sendmsg = 1" sendmsg 127.0.0.1 9
want sendmmsg "sendmmsg = 2" sendmmsg 127.0.0.1 9
want bind "bind-tcp = 0" bind-tcp 127.0.0.1 0
want bind "bind-unix = 0" bind-unix ./s
want listen "listen = 0" listen 127.0.0.1 0
want accept4 "accept = *" accept
want ptrace "ptrace-attach = E*" ptrace-attach self
want process_vm_readv "process_vm_readv = 8" process_vm_readv self
want process_vm_writev "process_vm_writev = 8" process_vm_writev self
want pidfd_getfd "pidfd_getfd = 4" pidfd_getfd self 0
want openat "proc-mem = 3" proc-mem self
want prlimit64 "prlimit = 0" prlimit self
want io_uring_setup "io_uring = 3" io_uring
want io_uring_enter "io_uring-open = 4" io_uring-open f
want io_uring_enter "io_uring-open = ENOENT" io_uring-open missing
want seccomp "seccomp-listener = 3" seccomp-listener
want seccomp "seccomp-filter = 0" seccomp-filter
want ioctl "tiocsti = ENOTTY" tiocsti
want ioctl "tiocsti-high = ENOTTY" tiocsti-high
want open "high-bits = 3" high-bits f
want openat "bad-pointer = EFAULT" bad-pointer one
want openat "bad-pointer = EFAULT" bad-pointer kernel
want openat "*bad-pointer = EFAULT" bad-pointer straddle "$dir/f"
want openat "bad-pointer = 3" bad-pointer edge "$dir/f"
want openat "bad-pointer = 3" bad-pointer two-pages "$dir/f"
want openat "bad-pointer = ENAMETOOLONG" bad-pointer long
want openat "bad-pointer = 3" bad-pointer longest "$dir/f"
want openat "bad-pointer = ENAMETOOLONG" bad-pointer too-long "$dir/f"
want openat "bad-pointer = ENOENT" bad-pointer empty
want openat "openat = EBADF*" bad-fd
want write "write-null = EFAULT*" bad-buffer f
want openat "*open-loop = 0 failed" open-loop 100 f
want getppid "*getppid-loop = 0 failed" getppid-loop 100
want fork "*fork-loop = 0 failed" fork-loop 20
want execve "*exec-loop = 0 failed" exec-loop 5 "$victim" exit 0
want read "threads = 50" threads 50
want openat "threads = 50" threads 50 p
want openat "threads-open = 50 opened, 0 failed" threads-open 50 f
want fork "orphan = ok" orphan 0.1
want fork "fork-bomb = 20 held" fork-bomb 20
want rt_sigaction "signals = blocked *" signals
# without strace: what it doesn't name, what needs a pipe, what is about the victim's own end
plain() {
  local result=$1 output
  shift
  fresh
  output=$(timeout 20 "$@" 2>&1)
  # shellcheck disable=SC2053
  if [[ $output == $result ]]; then passed=$((passed + 1))
  else failed=$((failed + 1)); echo "FAILED $*: got '$output', wanted '$result'"; fi
}
plain "splice = 3" bash -c 'printf abc | "$0" splice f' "$victim"
plain "tee = 3
abc" bash -c 'printf abc | "$0" tee fd:2 2> >(cat)' "$victim"
plain "int80 = 3" "$victim" int80 f
plain "int80 = ENOENT" "$victim" int80 missing
plain "int80-getpid = ok" "$victim" int80-getpid
plain "x32 = *" "$victim" x32 f
plain "raw = 3" "$victim" raw 2 :f 0
plain "fchmodat2 = 0" "$victim" fchmodat2 f 0600
plain "fds = 0 1 2*" "$victim" fds
plain "race-path = * (opened *" "$victim" race-path f g 20000
plain "" bash -c '"$0" exit 7; [ $? = 7 ]' "$victim"
plain "*" bash -c '"$0" signal-self TERM; [ $? = 143 ] || echo wrong' "$victim"
plain "ignore-term = ready" bash -c '"$0" ignore-term 1 & sleep 0.3; kill $!; wait $! && exit 0; echo ended' "$victim"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
