#!/usr/bin/env bash
# start.sh [OWNER-PID]: starts a Docker daemon of its own in a new temporary directory, with an image
# `sandgate-test` in it, and prints that directory. Stop it with stop.sh DIR; when OWNER-PID is given,
# it is also stopped when that process is gone. Needs root, docker.io and debootstrap (./dev setup).
set -euo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
root=$(cd -- "$here/../.." && pwd)
owner=${1:-}
PATH=$PATH:/usr/sbin:/sbin

die() { printf 'docker test: %s\n' "$*" >&2; exit 1; }
[ "$(id -u)" = 0 ] || die "a Docker daemon needs root"
for tool in dockerd docker debootstrap flock; do
  command -v $tool >/dev/null || die "$tool is missing: run ./dev setup"
done

# No registry is needed: a minimal Debian from its own packages, made once and kept as a tar file.
image=$root/artifacts/docker/bookworm.tar
make_image() {
  [ ! -e "$image" ] || return 0
  local work
  work=$(mktemp -d "$root/artifacts/docker/debootstrap.XXXXXX")
  echo "docker test: making the image (debootstrap, once)" >&2
  if ! debootstrap --variant=minbase bookworm "$work/root" > "$work/log" 2>&1 < /dev/null; then
    cat "$work/log" "$work/root/debootstrap/debootstrap.log" >&2 || true
    rm -rf "$work"
    return 1
  fi
  rm -rf "$work"/root/var/cache/apt/archives/*.deb "$work"/root/var/lib/apt/lists/* \
    "$work"/root/usr/share/{doc,man,locale}/*
  tar -C "$work/root" -cf "$work/tar" .
  mv "$work/tar" "$image"
  rm -rf "$work"
}
mkdir -p "$root/artifacts/docker"
exec {lock}>"$root/artifacts/docker/.lock"
flock "$lock"
make_image || die "debootstrap failed (its log is above)"
exec {lock}>&-

dir=$(mktemp -d /tmp/sandgate-docker.XXXXXX)
failed() {
  echo "docker test: $1; the daemon's log:" >&2
  tail -n 60 "$dir/log" >&2 || true
  "$here/stop.sh" "$dir" || true
  exit 1
}
trap 'failed "interrupted"' INT TERM

# No bridge and no firewall rules: nothing outside DIR is touched, and other daemons are left alone.
setsid dockerd --data-root "$dir/data" --exec-root "$dir/exec" -H "unix://$dir/docker.sock" \
  --pidfile "$dir/pid" --bridge=none --iptables=false --ip-forward=false \
  > "$dir/log" 2>&1 < /dev/null &
daemon=$!
echo "$daemon" > "$dir/started"
export DOCKER_HOST=unix://$dir/docker.sock
unset DOCKER_CONTEXT DOCKER_TLS_VERIFY DOCKER_CERT_PATH
for ((i = 0; i < 300; i++)); do
  kill -0 "$daemon" 2>/dev/null || failed "the daemon did not start"
  docker version >/dev/null 2>&1 && break
  sleep 0.2
done
[ "$i" -lt 300 ] || failed "the daemon did not answer within a minute"
docker import - sandgate-test < "$image" >/dev/null || failed "the image could not be loaded"

if [ -n "$owner" ]; then
  setsid bash -c 'while kill -0 "$1" 2>/dev/null && [ -d "$3" ]; do sleep 1; done; [ ! -d "$3" ] || exec "$2" "$3"' \
    watch "$owner" "$here/stop.sh" "$dir" > /dev/null 2>&1 < /dev/null &
fi
echo "$dir"
