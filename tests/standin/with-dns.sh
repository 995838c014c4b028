#!/usr/bin/env bash
# with-dns.sh ADDRESS NAME=VALUE… -- COMMAND: runs COMMAND in a mount namespace of its own, where dns.py on ADDRESS
# is the system's only resolver. Afterwards prints "--- asked" and what the resolver was asked. OPTIONS become
# options of resolv.conf. As root.
set -euo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
if [ "${WITH_DNS:-}" != inside ]; then
  WITH_DNS=inside exec unshare -m -- "$0" "$@"
fi
unset WITH_DNS

dir=$(mktemp -d)
address=$1
printf 'nameserver %s\n%s\n' "$address" "${OPTIONS:+options $OPTIONS}" > "$dir/resolv.conf"
printf 'hosts: files dns\n' > "$dir/nsswitch.conf"
printf '127.0.0.1 localhost\n127.0.0.7 hosts.test\n' > "$dir/hosts"
for file in resolv.conf nsswitch.conf hosts; do
  mount --bind "$dir/$file" "/etc/$file"
done

arguments=()
while [ "$1" != -- ]; do
  arguments+=("$1")
  shift
done
shift

# The server ends when nobody holds the pipe any more.
mkfifo "$dir/alive"
: > "$dir/asked"
python3 "$here/dns.py" "${arguments[@]}" < "$dir/alive" > "$dir/asked" 2>&1 &
exec {alive}> "$dir/alive"
for ((i = 0; i < 1000; i++)); do
  grep -q ready "$dir/asked" && break
  sleep 0.05
done
status=0
"$@" {alive}>&- || status=$?
echo "--- asked"
grep -v ready "$dir/asked" || true
exec {alive}>&-
wait
umount /etc/resolv.conf /etc/nsswitch.conf /etc/hosts
rm -rf "$dir"
exit "$status"
