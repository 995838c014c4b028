#!/usr/bin/env bash
# npm install of a package whose install script steals. Safe to run: HOME is a temporary directory
# with a key that is none. `run.sh --bare` does the same without Sandgate, to see the difference.
set -u
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
command -v npm >/dev/null || { echo "npm is not installed"; exit 2; }
sandgate=$here/../../sandgate
[ -x "$sandgate" ] || sandgate=sandgate
gate=("$sandgate" run -c "$here/config.json" --)
[ "${1:-}" != --bare ] || gate=()

home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT
mkdir -p "$home/.ssh" "$home/project"
echo "THE-SECRET-KEY" > "$home/.ssh/id_ed25519"
: > "$home/.bashrc"
tar -C "$here" -czf "$home/project/left-padding-1.0.0.tgz" --transform 's,^left-padding,package,' left-padding
echo '{ "name": "project", "version": "1.0.0", "private": true }' > "$home/project/package.json"
cd "$home/project" || exit 2

HOME=$home npm_config_update_notifier=false npm_config_cache=$home/.npm NO_UPDATE_NOTIFIER=1 \
  "${gate[@]}" npm install --offline --no-audit --no-fund --foreground-scripts --loglevel=error ./left-padding-1.0.0.tgz
status=$?

wrong=0
check() {
  if "${@:2}"; then echo "ok    $1"; else echo "WRONG $1"; wrong=1; fi
}
not() { ! "$@"; }
package=node_modules/left-padding
check "npm install succeeded" [ "$status" = 0 ]
check "the package is there and works" [ "$(node -p "require('left-padding')('7', 3, '0')" 2>&1)" = 007 ]
check "its install script ran" [ -e $package/loot.json ]
check "it did not get the key" not grep -qs SECRET $package/loot.json
check "~/.bashrc is as it was" [ ! -s "$home/.bashrc" ]
[ "$wrong" = 0 ]
