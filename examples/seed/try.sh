#!/usr/bin/env bash
# Exercises every rule of config.json, step by step, and says for each what happened.
# Run it as ./run.sh, or: cd examples/seed && ../../sandgate run -- ./try.sh
# Nearly everything is done by bash itself, so that a step is one system call and not a program's
# hundred. Error messages go to koko.txt: it is the only file that may be written here.
export LC_ALL=C
set -o pipefail
cd -- "${BASH_SOURCE[0]%/*}" || exit 2
steps=0 wrong=0

# judge EXPECTED WHAT GOT [WHY]
judge() {
  steps=$((steps + 1))
  if [ "$3" = "$1" ]; then
    echo "ok    $2: $3${4:+ ($4)}"
  else
    echo "WRONG $2: $3${4:+ ($4)}, expected: $1"
    wrong=$((wrong + 1))
  fi
}

# step EXPECTED WHAT COMMAND…: the command's last error message tells a refusal from a plain failure.
step() {
  local expected=$1 what=$2 line why=""
  shift 2
  if "$@" 2> koko.txt; then
    judge "$expected" "$what" allowed
    return
  fi
  while IFS= read -r line; do why=${line##*: }; done < koko.txt
  case $why in
    "Permission denied" | "Operation not permitted") judge "$expected" "$what" refused "$why" ;;
    *) judge "$expected" "$what" failed "${why:-no reason given}" ;;
  esac
}

# call EXPECTED WHAT VICTIM-COMMAND: one system call on $NAME, which so is in no argument of exec.
call() {
  local line=""
  "$victim" "$3" @env:NAME > koko.txt
  IFS= read -r line < koko.txt
  case $line in
    *" = EACCES" | *" = EPERM") judge "$1" "$2" refused "${line##* }" ;;
    *" = E"*) judge "$1" "$2" failed "${line##* }" ;;
    *) judge "$1" "$2" allowed ;;
  esac
}

read_file() { : < "$1"; }
write_file() { echo "${2:-hello}" > "$1"; }
write_pipe() { echo hello | read -r; }
enter() { (cd -- "$1"); }

rm -rf koko.txt other.txt copy.txt detour new sub google*

echo "-- open: ('/passwd') is refused, ('./*') is allowed"
step allowed "open ./config.json" read_file ./config.json
step allowed "open /etc/passwd, which no rule names" read_file /etc/passwd
step refused "open /passwd" read_file /passwd
step refused "open /passwd by a path that begins with ./" read_file ./../../../../../../../../../../passwd
ln -s /passwd detour
step refused "open /passwd by a symbolic link that lies here" read_file ./detour

echo "-- write: everything is refused, but not koko.txt"
step allowed "write koko.txt" write_file koko.txt
step allowed "write koko.txt by its full path" write_file "$PWD/koko.txt"
step refused "write other.txt" write_file other.txt
mkdir sub
step refused "write sub/koko.txt, which is another file" write_file sub/koko.txt
step refused "copy a file with cp" cp config.json copy.txt
step refused "write into a pipe" write_pipe
for file in other.txt sub/koko.txt copy.txt; do
  [ ! -s "$file" ] || judge refused "see whether $file is empty" written
done

echo "-- every call: whatever contains google.com is refused"
step refused "open /tmp/google.com" read_file /tmp/google.com
step refused "chdir google.com" enter google.com
step refused "exec ./google.com" ./google.com
step refused "exec mkdir with google.com as argument" mkdir google.com
: > google
: > new
# mv keeps the old "google" by giving it a new name: the same with ".com" behind it.
step refused "rename google to google.com" mv --backup=simple --suffix=.com new google
step allowed "write google.com into koko.txt: an allow wins" write_file koko.txt google.com

# Two more calls by a program of the tests, when it was built (./dev victim).
for victim in ../../artifacts/victim/victim /opt/victim/victim; do
  [ -x "$victim" ] || continue
  export NAME=google.com
  call refused "mkdir google.com" mkdir
  call refused "connect to a socket called google.com" connect-unix
  break
done

rm -rf other.txt copy.txt detour new sub google*
echo "$((steps - wrong)) of $steps steps as expected"
[ "$wrong" = 0 ]
