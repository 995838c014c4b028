#!/usr/bin/env bash
# run.sh [--runs N] [--tries N] [--user|--root] [--docker] [--native-only] [NAMES]: the attacks of attacks.txt, each without
# Sandgate and under its rules, as an ordinary user and as root; with --docker also inside a default container.
#   --runs N    this many times (1)        --tries N   for races (50000; slow ones a twentieth of it)
#   --quick     as many tries as the test suite
# NAMES are globs. Prints a table and `N held, N got through`; ends with 1 if anything got through or couldn't be tried.
# As root, ordinary means uid and gid 4250; else it means yourself, and what needs root is said to be left out.
set -uo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
root=$(cd -- "$here/../.." && pwd)
runs=1 tries=50000 whos=(user root) docker= native_only= patience=${ATTACK_PATIENCE:-600} names=()
while [ $# -gt 0 ]; do
  case $1 in
    --runs) runs=$2; shift ;;
    --tries) tries=$2; shift ;;
    --quick) tries=quick ;;
    --user) whos=(user) ;;
    --root) whos=(root) ;;
    --docker) docker=1 ;;
    --native-only) native_only=1 ;;
    -*) sed -n '2,8s/^# //p' "$0"; exit 2 ;;
    *) names+=("$1") ;;
  esac
  shift
done
[ ${#names[@]} -gt 0 ] || names=('*')
for file in "${ATTACK_BIN:=$root/artifacts/attack/attack}" "${SANDGATE_BIN:=$root/artifacts/sandgate/sandgate}"; do
  [ -x "$file" ] || { echo "run.sh: $file is missing: ./dev build, ./dev victim" >&2; exit 2; }
done

# Inside of the container this script runs again, as the user that it is given.
home=$(mktemp -d /tmp/sandgate-attack.XXXXXX)
daemon=
trap 'rm -rf "$home"; [ -z "$daemon" ] || "$root/tests/docker/stop.sh" "$daemon"' EXIT
trap 'exit 130' INT TERM HUP
if [ -n "$docker" ] && [ -z "${SANDGATE_DOCKER:-}" ]; then
  daemon=$("$root/tests/docker/start.sh" $$) || exit 2
  export SANDGATE_DOCKER=$daemon
fi
chmod 755 "$home"
cp "$ATTACK_BIN" "$home/attack"
cp "$SANDGATE_BIN" "$home/sandgate"

# A stage of its own for each try; prints what the attack printed. $1 who, $2 how (native or sandgate), $3 name, $4 tries, $5 alone
attempt() {
  local who=$1 how=$2 name=$3 count=$4 alone=$5 stage as=() in=() command=() status
  stage=$(mktemp -d "$home/stage.XXXXXX")
  mkdir -m 755 "$stage/in"
  chmod 755 "$stage"
  if [ "$who" = user ] && [ "$(id -u)" = 0 ]; then
    as=(setpriv --reuid 4250 --regid 4250 --clear-groups)
    chown 4250:4250 "$stage" "$stage/in"
  fi
  if [ -n "$alone" ] && [ -z "${ATTACK_IN_CONTAINER:-}" ]; then
    in=(unshare --pid --fork --mount-proc)
    [ "$who" = root ] || in=(unshare --user --map-current-user --pid --fork --mount-proc)
    # The namespace's first process gets no signal from inside: it must not be the supervisor.
    in+=(sh -c '"$@"; exit $?' sh)
  fi
  command=("$home/attack" "${name%%/*}" "$count")
  [ "$how" = native ] || command=("$home/sandgate" run -q "${options[@]}" -- "${command[@]}")
  (
    cd "$stage/in" || exit 2
    export ATTACK_PORT=$port ${alone:+ATTACK_ALONE=1} HOME=$stage
    "${as[@]}" "$home/attack" stage || exit 2
    exec timeout -k 5 "$patience" setsid -w "${as[@]}" "${in[@]}" "${command[@]}"
  ) < /dev/null 2> "$stage.err" | tail -n 1
  status=${PIPESTATUS[0]}
  case $status in 0 | 1 | 2) ;; *) echo "ended with status $status: $(head -n 1 "$stage.err")" ;; esac
  rm -rf "$stage" "$stage.err"
  return "$status"
}

held=0 through=0 broken=0 left=0 weak=0
declare -A named=()
port=$((20000 + RANDOM % 10000))
printf '%-28s %-5s %-6s %-30s %s\n' attack who native "" "under its rules"
campaign() {
  local line name who count native rules part parts one pattern wanted free said status note
  while IFS= read -r line <&3; do
    case $line in '' | '#'*) continue ;; esac
    IFS='|' read -r name who count native rules <<< "${line// | /|}"
    if [ "${name#= }" != "$name" ]; then
      named["{${name#= }}"]=$who
      continue
    fi
    wanted=
    for pattern in "${names[@]}"; do
      # shellcheck disable=SC2053
      [[ $name == $pattern ]] && wanted=1
    done
    [ -n "$wanted" ] || continue
    port=$((port + 1))
    rules=${rules//\{port\}/$port}
    rules=${named["$rules"]:-$rules}
    options=()
    while [ -n "$rules" ] && [ "$rules" != - ]; do
      part=${rules%% & *}
      [ "$part" = "$rules" ] && rules= || rules=${rules#* & }
      # shellcheck disable=SC2206
      case $part in -*) parts=($part); options+=("${parts[@]}") ;; *) options+=(-e "$part") ;; esac
    done
    if [ "$tries" != quick ] && [ "${count%% *}" -gt 1 ]; then
      case $count in *slow) count=$((tries / 20)) ;; *) count=$tries ;; esac
    fi
    count=${count%% *}
    [ "$native" != racy ] || { native=through; options+=(--strict); }
    for one in "${whos[@]}"; do
      case $who in both* | "$one"*) ;; *) continue ;; esac
      if [ "$one" = root ] && [ "$(id -u)" != 0 ]; then
        left=$((left + 1))
        continue
      fi
      [[ $who == *alone ]] && alone=1 || alone=
      free=$(attempt $one native "$name" "$count" "$alone")
      status=$?
      note=
      if [ "$status" -gt 1 ]; then
        # What can't even be staged without Sandgate here (a container forbids it) can't be tried.
        printf '%-28s %-5s %s\n' "$name" "$one" "can't be tried here: $free"
        [ -n "${ATTACK_IN_CONTAINER:-}" ] && left=$((left + 1)) || broken=$((broken + 1))
        continue
      elif { [ "$native" = through ] && [ "$status" = 1 ]; } || { [ "$native" = held ] && [ "$status" = 0 ]; }; then
        note=" (natively not as expected)"
        [ -n "${ATTACK_IN_CONTAINER:-}" ] || weak=$((weak + 1))
      fi
      [ -z "$native_only" ] || { printf '%-28s %-5s %s%s\n' "$name" "$one" "$free" "$note"; continue; }
      said=$(attempt $one sandgate "$name" "$count" "$alone")
      status=$?
      printf '%-28s %-5s %-37s %s%s\n' "$name" "$one" "$free" "$said" "$note"
      case $status in
        0) through=$((through + 1)) ;;
        125) [[ $said == *"is racy"* ]] && held=$((held + 1)) || broken=$((broken + 1)) ;;
        # Killed before it could use what the kernel did for it.
        137) [[ $said == *"killed the program"* ]] && held=$((held + 1)) || broken=$((broken + 1)) ;;
        # In a container, what fails without Sandgate, too, is no merit of Sandgate.
        1) if [ -n "$note" ] && [ -n "${ATTACK_IN_CONTAINER:-}" ]; then left=$((left + 1)); else held=$((held + 1)); fi ;;
        *) broken=$((broken + 1)) ;;
      esac
    done
  done 3< "$here/attacks.txt"
}

total=0
for ((run = 1; run <= runs; run++)); do
  [ "$runs" = 1 ] || echo "== run $run of $runs"
  campaign
  if [ -n "$docker" ]; then
    for user in 1000 0; do
      echo "== in a default container, user $user"
      "$root/tests/docker/run.sh" $user env ATTACK_IN_CONTAINER=1 \
        ATTACK_BIN=/opt/attack/attack SANDGATE_BIN=/opt/sandgate/sandgate ATTACK_PATIENCE="$patience" bash /opt/attacks/run.sh \
        --"$([ $user = 0 ] && echo root || echo user)" ${native_only:+--native-only} \
        $([ "$tries" = quick ] && echo --quick || echo "--tries $tries") "${names[@]}" < /dev/null > "$home/container"
      cat "$home/container"
      # Its last line counts, too.
      read -r h _ t _ _ b _ w _ _ l _ < <(tail -n 1 "$home/container" | tr -d ',')
      held=$((held + h)) through=$((through + t)) broken=$((broken + b)) weak=$((weak + w)) left=$((left + l))
    done
  fi
done
echo "$held held, $through got through, $broken broken, $weak natively unexpected, $left left out"
[ "$through" = 0 ] && [ "$broken" = 0 ] && [ "$weak" = 0 ] && [ "$held" -gt 0 ]
