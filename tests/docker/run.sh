#!/usr/bin/env bash
# run.sh USER COMMAND ARGS…: runs COMMAND in a default container: no network, nothing added, nothing
# lifted. Sees, read-only: /opt/sandgate (the published binary) and /opt/victim, both on PATH,
# /opt/attack, /opt/attacks (tests/attack), /opt/fidelity, /opt/fidelities (tests/fidelity), /opt/matrix (tests/matrix) and /examples; starts in /tmp, which is the container's own. Standard input is
# passed on; the exit status is the command's. SANDGATE_DOCKER_OPTIONS are more options for `docker run`, such as "--cap-add SYS_ADMIN". SANDGATE_DOCKER=DIR uses the daemon of `start.sh`; without it one is started and
# stopped around the command. SANDGATE_DOCKER_TTY=1 asks for a terminal in the container.
set -uo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
root=$(cd -- "$here/../.." && pwd)
[ $# -ge 2 ] || { echo "usage: run.sh USER COMMAND ARGS…" >&2; exit 2; }
user=$1
shift

dir=${SANDGATE_DOCKER:-}
if [ -z "$dir" ]; then
  dir=$("$here/start.sh" $$) || exit 1
  trap '"$here/stop.sh" "$dir"' EXIT
  trap 'exit 130' INT TERM HUP
fi

options=()
for part in "artifacts/sandgate:/opt/sandgate" "artifacts/victim:/opt/victim" "artifacts/attack:/opt/attack" "tests/attack:/opt/attacks" \
  "tests/matrix:/opt/matrix" "artifacts/fidelity:/opt/fidelity" "tests/fidelity:/opt/fidelities" \
  "examples:/examples"; do
  [ ! -d "$root/${part%%:*}" ] || options+=(-v "$root/$part:ro")
done
# shellcheck disable=SC2206
options+=(${SANDGATE_DOCKER_OPTIONS:-})
[ -z "${SANDGATE_DOCKER_TTY:-}" ] || options+=(-t)

DOCKER_HOST=unix://$dir/docker.sock docker run --rm -i --network=none -u "$user" -w /tmp \
  -e PATH=/opt/sandgate:/opt/victim:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin -e HOME=/tmp \
  "${options[@]}" sandgate-test "$@"
status=$?
if [ "$status" = 125 ]; then
  echo "docker test: the container may not have started; the daemon's log ends:" >&2
  tail -n 20 "$dir/log" >&2
fi
exit "$status"
