#!/bin/sh
# Makes the C# files about system call numbers from the kernel's facts in syscalls.*.tsv.
# Run it after a change to those files, and commit what it makes:
#   src/Sandgate.Linux/Interop/generate.sh [DIRECTORY-TO-WRITE-TO]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
to=${1:-$here}

header() {
  printf '// Made by generate.sh from syscalls.x86_64.tsv. Do not edit.\n'
  printf 'namespace Sandgate.Linux.Interop;\n\n'
}

{
  header
  printf '/// <summary>Numbers of the system calls on x86-64.</summary>\n'
  printf 'internal static class SyscallNumbers\n{\n'
  awk -F'\t' '!/^#/ { printf "    public const int %s = %d;\n", $2, $1 }' "$here/syscalls.x86_64.tsv"
  printf '}\n'
} > "$to/SyscallNumbers.X64.g.cs"

# One line for each call: number, name, names of the arguments (the last word of each declaration), with a colon behind those of which
# the kernel looks at 32 bits and a dot where it is 16.
{
  header
  printf 'internal static partial class KernelCalls\n{\n'
  printf '    private const string X64 =\n        """\n'
  awk -F'\t' '!/^#/ {
    line = $1 " " $2
    for (i = 3; i <= NF; i++) {
      name = $i; sub(/.*[ *]/, "", name)
      wide = $i ~ /\*|(^| )(unsigned long|long|size_t|loff_t|off_t|aio_context_t|cap_user_header_t|cap_user_data_t|u64|__u64) /
      line = line " " name ($i ~ /^umode_t / ? "." : wide ? "" : ":")
    }
    print "        " line
  }' "$here/syscalls.x86_64.tsv"
  printf '        """;\n}\n'
} > "$to/KernelCalls.X64.g.cs"
