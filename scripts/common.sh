# What the entry commands share; sourced by them.
# shellcheck shell=bash

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit

complain() { echo "${0##*/}: $*" >&2; }

# Configures and builds targets of a preset (default: all). On a terminal with ninja's one line of
# progress, else silent; what failed is shown either way.
build() {
  local preset=$1 log
  shift
  log=$(mktemp)
  if ! cmake --preset "$preset" >"$log" 2>&1; then
    cat "$log" >&2
    complain "cmake --preset $preset failed"
    return 1
  fi
  rm -f "$log"
  local targets=() quiet=(-- --quiet)
  [[ $# -eq 0 ]] || targets=(--target "$@")
  [[ ! -t 1 ]] || quiet=()
  cmake --build --preset "$preset" "${targets[@]}" "${quiet[@]}"
}
