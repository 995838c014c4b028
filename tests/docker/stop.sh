#!/usr/bin/env bash
# stop.sh DIR: ends the daemon that start.sh began in DIR, its containers, and DIR itself.
set -uo pipefail
dir=${1:?usage: stop.sh DIR}
case $dir in
  /tmp/sandgate-docker.*) ;;
  *) echo "docker test: not a directory of start.sh: $dir" >&2; exit 1 ;;
esac
[ -d "$dir" ] || exit 0

alive() { [ -n "$1" ] && kill -0 "$1" 2>/dev/null; }
daemon=$(cat "$dir/started" 2>/dev/null)
containers=$(DOCKER_HOST=unix://$dir/docker.sock timeout 10 docker ps -q 2>/dev/null)
# shellcheck disable=SC2086
[ -z "$containers" ] || DOCKER_HOST=unix://$dir/docker.sock timeout 20 docker kill $containers >/dev/null 2>&1
containerd=$(cat "$dir/exec/containerd/containerd.pid" 2>/dev/null)
if alive "$daemon"; then
  kill "$daemon"
  for ((i = 0; i < 150; i++)); do
    alive "$daemon" || break
    sleep 0.1
  done
fi
for pid in $daemon $containerd; do
  alive "$pid" && kill -9 "$pid"
done

# Whatever is still mounted below DIR goes first, so that removing DIR removes only DIR.
for ((i = 0; i < 20; i++)); do
  mounts=$(awk -v dir="$dir/" 'index($2, dir) == 1 { print $2 }' /proc/self/mounts | sort -r)
  [ -n "$mounts" ] || break
  while IFS= read -r mount; do umount -l "$mount" 2>/dev/null; done <<< "$mounts"
  sleep 0.1
done
rm -rf --one-file-system "$dir"
