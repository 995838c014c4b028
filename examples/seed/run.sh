#!/usr/bin/env bash
# The user's own configuration at work. Relative patterns mean the directory in which sandgate is
# started, and config.json is taken from there, so both are this one.
cd -- "$(dirname -- "${BASH_SOURCE[0]}")" || exit 2
sandgate=../../sandgate
[ -x $sandgate ] || sandgate=sandgate
exec $sandgate run "$@" -- ./try.sh
