#!/usr/bin/env bash
# compare.sh [-n] [THEME…]: runs the fidelity suite natively and inside Sandgate under rules that need
# every family, and compares output and exit status. -n compares native with native: what differs there
# is the suite's fault. Also runs in a container; what it needs, it finds beside itself or by
#   FIDELITY  the suite's program        SANDGATE  the sandbox, a command line up to its `--`
#   RULES     the options that say which rules        KEEP=DIR  where outputs are left
#   JOBS      how many themes run at once (as many as there are processors)
# As root, it runs everything as root and then, by setpriv, as an ordinary user, and some as a root without CAP_SYS_PTRACE, as in a
# default container; USERS picks: "root user bare".
set -uo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
root=$(cd -- "$here/../.." && pwd)
first() { for f in "$@"; do [ -x "$f" ] && { printf %s "$f"; return; }; done; printf %s "$1"; }
fidelity=${FIDELITY:-$(first "$root/artifacts/fidelity/fidelity" /opt/fidelity/fidelity)}
sandgate=${SANDGATE:-$(first "$root/artifacts/sandgate/sandgate" /opt/sandgate/sandgate) run}
[ -x "$fidelity" ] || { echo "compare.sh: $fidelity is missing: run ./dev victim" >&2; exit 2; }
rules=${RULES:-}
if [ -z "$rules" ]; then
  rules="-c $here/rules.json"
  "$fidelity" --peers && rules="$rules -c $here/rules-peers.json"
fi
# What is known to differ stands in known/USER-THEME.diff, each line of it; more fails, and so does less. --accept writes
# these files anew: look at what changed in them.
accept=0
[ "${1:-}" != --accept ] || { accept=1; shift; }
own=0
[ "${1:-}" != -n ] || { own=1; shift; }
work=$(mktemp -d)

# In memory, where it can be: a disk makes the same names a hundred times slower. A container's /dev/shm
# executes nothing, so programs are started from the disk.
fast=$work
[ ! -w /dev/shm ] || fast=$(mktemp -d -p /dev/shm)
chmod 755 "$work" "$fast"
trap 'chmod -R u+rwX "$work" "$fast" 2>/dev/null; rm -rf "$work" "$fast"' EXIT
keep=${KEEP:-$work/out}
mkdir -p "$keep"

# Where an ordinary user can run it. `fidelity` is called so because its output says its name.
mkdir "$work/bin"
cp "$fidelity" "$work/bin/fidelity"

jobs=${JOBS:-$(nproc)}
if [ "$(id -u)" = 0 ]; then users=${USERS:-root user bare}; else users=${USERS:-user}; fi

# run NAME DIRECTORY THEME COMMAND…: in a directory whose name is as long as the other's.
run() {
  local name=$1 dir=$2 theme=$3 status=0
  shift 3
  mkdir "$dir"
  [ "$user" != user ] || [ "$(id -u)" != 0 ] || chown 4242:4242 "$dir"
  (cd "$dir" && exec ${as[@]+"${as[@]}"} timeout 120 env -u NO_COLOR LC_ALL=C "$@" "$work/bin/fidelity" "$theme") > "$keep/$name" 2>&1 < /dev/null || status=$?
  echo "exit status $status" >> "$keep/$name"
  chmod -R u+rwX "$dir" 2>/dev/null
  rm -rf "$dir"
}

# compare NUMBER USER THEME: natively, then inside; says what differs from what is known to.
compare() {
  local number=$1 user=$2 theme=$3 as=() place=$fast began between took lines known found
  [ "$user" != user ] || [ "$(id -u)" != 0 ] || as=(setpriv --reuid 4242 --regid 4242 --clear-groups)
  [ "$user" != bare ] || as=(setpriv --bounding-set=-sys_ptrace)
  [ "$theme" != exec ] || place=$work
  place=$place/$number
  mkdir "$place"
  began=$EPOCHREALTIME
  run "$user-$theme.native" "$place/a" "$theme"
  between=$EPOCHREALTIME
  # shellcheck disable=SC2086
  if [ "$own" = 1 ]; then run "$user-$theme.inside" "$place/b" "$theme"; else run "$user-$theme.inside" "$place/b" "$theme" $sandgate $rules --; fi
  took="$(awk -v a="$began" -v b="$between" -v c="$EPOCHREALTIME" 'BEGIN { printf "%.1f s, %.1f s inside", b - a, c - b }')"
  lines=$(wc -l < "$keep/$user-$theme.native")
  known=$here/known/$user-$theme.diff
  found=$keep/$user-$theme.diff
  diff -U0 "$keep/$user-$theme.native" "$keep/$user-$theme.inside" | sed -n '/^[-+][-+]/d; s/\[pid [0-9]* /[pid N /; s,/[a-z/]*/tmp\.[A-Za-z0-9]*/[0-9]*/b,{here},g; /^[-+]/p' | LC_ALL=C sort > "$found"
  if [ "$accept" = 1 ]; then
    mkdir -p "$here/known"
    if [ -s "$found" ]; then cp "$found" "$known"; else rm -f "$known"; fi
  fi
  [ -e "$known" ] && [ "$own" = 0 ] || known=/dev/null
  if cmp -s "$found" "$known" && grep -qx "end of $theme" "$keep/$user-$theme.native"; then
    echo "same  $user $theme ($lines lines, $took, $(wc -l < "$known") of the difference known)"
    return 0
  fi
  echo "DIFFERS  $user $theme ($lines lines, $took)"
  diff -U0 --label known --label found "$known" "$found" | head -n "${LINES_SHOWN:-20}" | cut -c1-400
  return 1
}

bare_themes="dropping proc exec threads"
themes=("$@")
[ $# -gt 0 ] || mapfile -t themes < <("$fidelity" --list)
[ ${#themes[@]} -gt 0 ] || exit 2

# Each into a file of its own; they are told in their order.
number=100
for user in $users; do
  for theme in "${themes[@]}"; do
    [ "$user" != bare ] || [[ " $bare_themes " == *" $theme "* ]] || continue
    [ "$(jobs -rp | wc -l)" -lt "$jobs" ] || wait -n
    number=$((number + 1))
    { compare "$number" "$user" "$theme" > "$work/$number.said" || touch "$work/$number.failed"; } &
  done
done
wait
cat "$work"/*.said
! compgen -G "$work/*.failed" > /dev/null
