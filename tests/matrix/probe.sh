#!/usr/bin/env bash
# probe.sh [NAME]…: tries each mechanism around the gate as whoever and wherever this is run, and prints a line each:
#
#   NAME <tab> yes|substitute|no <tab> why
#
# Nothing is believed: an effect is looked for without Sandgate, where it must not be seen, and inside.
#
#   yes         it is seen inside, nothing was said, and --strict runs it, too
#   substitute  it is seen inside, the reason was said, and --strict runs nothing
#   no          nothing is run and the reason is said; with --best-effort the program runs, the effect isn't seen, and that is said
#   WRONG       anything else: above all what is silently off
#
# $SANDGATE and $VICTIM name the programs, by default those on PATH. Needs bash, perl and coreutils only: a small container has no more.
set -u
sandgate=${SANDGATE:-sandgate} victim=${VICTIM:-victim}
work=$(mktemp -d) || exit 1
cd "$work" || exit 1
sentinel=$work/sentinel err=$work/err out=$work/out
echo open > "$sentinel"
mkdir -p tree layer
echo there > tree/file

# Somebody who listens on the host's loopback.
perl -MSocket -e 'socket(S, AF_INET, SOCK_STREAM, 0); bind(S, sockaddr_in(0, INADDR_LOOPBACK)); listen(S, 9); $| = 1;
  print +(sockaddr_in(getsockname S))[0], "\n"; close STDOUT; accept(C, S) while 1' > port 2> /dev/null &
listener=$!
outside=$(mktemp /tmp/probe.XXXXXX)
trap 'kill $listener; rm -rf "$work" "$outside"' EXIT
until [ -s port ]; do sleep 0.02; done
port=$(cat port)

# Each effect is a script: status 0 when it is seen, 7 when it isn't. Run natively, then under `sandgate run`.
ns() { echo "test \"\$(readlink /proc/self/ns/$1)\" != $(readlink "/proc/self/ns/$1") || exit 7"; }
reach="connect=0; (exec 3<> /dev/tcp/127.0.0.1/$port) 2> /dev/null || connect=7; [ \$connect = 7 ] || exit 7"
own_loopback='perl -MSocket -e "socket(S, AF_INET, SOCK_STREAM, 0); bind(S, sockaddr_in(0, INADDR_LOOPBACK)) or exit 1; listen(S, 1); socket(C, AF_INET, SOCK_STREAM, 0); connect(C, getsockname S) or exit 1"'
groups='group() { while IFS=: read -r _ names path; do case ,$names, in *,"$1",*) echo "/sys/fs/cgroup/$1$path"; return;; ,,) all=/sys/fs/cgroup$path;; esac; done < /proc/self/cgroup; echo "$all"; }'
traffic='perl -MSocket -e '\''socket(S, AF_INET, SOCK_STREAM, 0); bind(S, sockaddr_in(0, INADDR_LOOPBACK)); listen(S, 1);
  socket(C, AF_INET, SOCK_STREAM, 0); connect(C, getsockname S) or exit 1; accept(A, S); for (1 .. 64) { syswrite(C, "x" x 65536); $n = 0; while ($n < 65536) { $n += sysread(A, $b, 65536) } } select(undef, undef, undef, 0.4)'\'''

# ends STATUS COMMAND: the effect is that the run ends with this status; natively the command succeeds.
ends() { want=$1; shift; effect="$* || exit 1; exit 7"; }

# The table: name, what Sandgate calls it, what is asked for, the effect.
define() {
  want='' config='{}' options=() mechanism=$1 where=$work after=true
  case $1 in
    "namespace "*)
      kind=${1#namespace }
      options=(--isolate "$kind")
      effect=$(ns "${kind/mount/mnt}") ;;
    "network none") mechanism="namespace net" options=(--net none) effect=$reach ;;
    "network loopback") mechanism=loopback options=(--net loopback) effect="$reach; $own_loopback" ;;
    "paths") mechanism="paths and ports" config="{ \"isolation\": { \"paths\": { \"read\": [\"/usr\", \"/bin\", \"/lib\", \"/lib64\", \"/dev\", \"/proc\", \"/etc\"] } } }"
      effect="cat /etc/passwd > /dev/null && ! cat $sentinel 2> /dev/null || exit 7" ;;
    "ports") mechanism="paths and ports" config='{ "isolation": { "ports": { "connect": [1] } } }' effect=$reach ;;
    "write xor execute") mechanism=code config='{ "isolation": { "code": { "write_xor_execute": true } } }'
      effect='perl -e "exit(syscall(9, 0, 4096, 7, 34, -1, 0) == -1 ? 0 : 7)"' ;;
    "read-only paths") config="{ \"isolation\": { \"read_only\": [\"$work/tree\"], \"private_tmp\": false } }" effect='! (echo x > tree/file) 2> /dev/null || exit 7' ;;
    "hidden paths") config="{ \"isolation\": { \"hidden\": [\"$sentinel\"], \"private_tmp\": false } }" effect="! grep -q open $sentinel 2> /dev/null || exit 7" ;;
    "private /tmp") config='{ "isolation": { "private_tmp": true } }' where=/ effect="! test -e $outside || exit 7" ;;
    "host name") config='{ "isolation": { "hostname": "probe" } }' effect='test "$(cat /proc/sys/kernel/hostname)" = probe || exit 7' ;;
    "overlay") options=(--overlay "$work/layer") effect='echo x > tree/made' after="test ! -e $work/tree/made" ;;
    "limit memory") options=(--memory 64M); ends 137 "$victim" eat-memory 200 1000 ;;
    "limit processes") options=(--pids 10) effect="case \$($victim fork-many 40) in *' '[789]' EAGAIN') ;; *) exit 7;; esac" ;;
    "limit cpus") options=(--cpus 0.2)
      effect="$groups; $victim spin 200 > spun; test \"\$(sed -n 's/^nr_throttled //p' \"\$(group cpu)/cpu.stat\")\" -gt 0 2> /dev/null || exit 7" ;;
    "limit cpu_share") config='{ "limits": { "cpu_share": 50 } }'
      effect="$groups; g=\$(group cpu); test \"\$(cat \$g/cpu.shares 2> /dev/null)\" = 512 || test \"\$(cat \$g/cpu.weight 2> /dev/null)\" = 50 || test \"\$(nice)\" -gt $(nice) || exit 7" ;;
    "limit time") options=(--timeout 300ms); ends 124 sleep 0.7 ;;
    "limit cpu_time") config='{ "limits": { "cpu_time": "200ms" } }'; ends 124 "$victim" spin 900 ;;
    "limit disk_written") config='{ "limits": { "disk_written": "4M" } }'; ends 137 "$victim fill filled 12 && sleep 0.4" ;;
    "limit network") options=(--net loopback) config='{ "limits": { "network": "1M" } }'; ends 137 "$traffic" ;;
    "limit file_size") config='{ "limits": { "file_size": "4M" } }' effect="rm -f filled; case \$($victim fill filled 6) in *EFBIG) ;; *) exit 7;; esac" ;;
    "limit open_files") config='{ "limits": { "open_files": 80 } }' effect="case \$($victim open-many 100) in *' 77') ;; *) exit 7;; esac" ;;
    "limit core_dumps") config='{ "limits": { "core_dumps": false } }' effect='grep -q "^Max core file size *1 *1 " /proc/self/limits || exit 7' ;;
    "limit action") config='{ "limits": { "cpu_time": "150ms", "action": "pause" } }' effect="$victim spin 300 > spun; test -s paused || exit 7" ;;
    *) echo "probe.sh: no such mechanism: $1" >&2; exit 2 ;;
  esac
}

# Lets a paused supervisor go on, when what it supervises has stood still.
go_on() {
  local state was now
  while kill -0 "$1" 2> /dev/null; do
    read -r _ _ state _ < "/proc/$1/stat"
    if [ "$state" = T ]; then
      was=$(cat /proc/"$1"/task/*/children); was=$(cut -d' ' -f14,15 "/proc/${was%% *}/stat")
      sleep 0.1
      now=$(cat /proc/"$1"/task/*/children); now=$(cut -d' ' -f14,15 "/proc/${now%% *}/stat")
      [ "$was" != "$now" ] || echo still > paused
      kill -CONT "$1"
    fi
    sleep 0.02
  done
} 2> /dev/null

# run OPTION…: the effect under these options; says seen, unseen, unrun (status 125, and it didn't begin), or what else happened.
run() {
  rm -rf paused layer tree/made; mkdir layer
  printf '%s\n' "$config" > config.json
  cd "$where" || exit 1
  "$@" bash -c "echo began >&2; $effect" > "$out" 2> "$err" < /dev/null &
  local program=$! status
  cd "$work" || exit 1
  [ "$mechanism" != "limit action" ] || go_on $program
  wait $program
  status=$?
  if [ $status = 125 ] && ! grep -q '^began$' "$err"; then echo unrun
  elif [ $status = "${want:-0}" ] && $after; then echo seen
  elif [ $status = 7 ] || [ $status = 0 ]; then echo unseen
  else echo "status $status: $(grep -v '^began$' "$err" | tail -n 2 | tr '\n' ' ')"; fi
}

said() { sed -n "s|^sandgate: $mechanism: $1||p" "$err" | head -n 1; }

judge() {
  local native plain strict lacking substitute off
  native=$(run env)
  [ "$native" = unseen ] || { echo "WRONG	without Sandgate: $native"; return; }
  plain=$(run "$sandgate" run -c "$work/config.json" "${options[@]}" --)
  lacking=$(sed -n 's/^sandgate: asked for, and not to be had here: \(.*\); --best-effort goes on .*; nothing was run$/\1/p' "$err")
  substitute=$(said 'by a substitute: ') off=$(said 'NOT in force: ')
  strict=$(run "$sandgate" run --strict -c "$work/config.json" "${options[@]}" --)
  if [ "$plain" = seen ] && [ -z "$off" ] && [ -z "$substitute" ] && [ "$strict" = seen ]; then echo "yes	"
  elif [ "$plain" = seen ] && [ -z "$off" ] && [ -n "$substitute" ] && [ "$strict" = unrun ]; then echo "substitute	$substitute"
  elif [ "$plain" = unrun ] && [ -n "$lacking" ] && [ "$strict" = unrun ]; then
    native=$(run "$sandgate" run --best-effort -c "$work/config.json" "${options[@]}" --)
    off=$(said 'NOT in force: ')
    if [ "$native" = unseen ] && [ -n "$off" ]; then echo "no	$off"
    else echo "WRONG	with --best-effort: $native, said: ${off:-nothing}"; fi
  else echo "WRONG	$plain, strict: $strict, said: ${off:-${substitute:-${lacking:-nothing}}}"; fi
}

for name; do
  define "$name"
  printf '%s\t%s\n' "$name" "$(judge)"
done
