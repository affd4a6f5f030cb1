#!/usr/bin/env bash
# Installs what is needed, builds, runs every test and prints a total.
#   tests/run.sh               the standard tier
#   tests/run.sh --quick       only what needs no second compiler: no sanitizer build
#   tests/run.sh --label unit  only groups with that label
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD

quick=0 label=""
while [ $# -gt 0 ]; do
  case "$1" in
    --quick) quick=1 ;;
    --label) label=${2:?--label needs a name}; shift ;;
    -h | --help) sed -n '2,5p' "$0"; exit 0 ;;
    *) echo "tests/run.sh: unknown option '$1'; see --help" >&2; exit 2 ;;
  esac
  shift
done

started=$SECONDS
say() { printf '[%4ds] %s\n' $((SECONDS - started)) "$*"; }
results=$root/build/test-results
rm -rf "$results" && mkdir -p "$results"
passed=0 failed=0 skipped=0
declare -A layers  # how many tests of each layer ran

say "packages"
deploy/install-packages.sh build run test lint
tools=""
if [ -z "$label" ]; then
  # Some 600 MB, fetched while the programs are compiled. What fails says so where it is missed.
  { tests/chart/tools.sh || true; tests/e2e/tools.sh; } > "$results/tools.log" 2>&1 &
  tools=$!
fi
# Waits for them and names those that the end-to-end tests run.
use_tools() {
  [ -n "$tools" ] || return 0
  wait "$tools" || true
  local envoy=$root/build/tools/chart/python/bin/envoy grpcurl=$root/build/tools/e2e/grpcurl
  if [ -x "$envoy" ]; then export CROSSPOINT_ENVOY=${CROSSPOINT_ENVOY:-$envoy}; fi
  if [ -x "$grpcurl" ]; then export CROSSPOINT_GRPCURL=${CROSSPOINT_GRPCURL:-$grpcurl}; fi
}

# Runs a check that is one test: check NAME COMMAND...
check() {
  local name=$1
  shift
  if "$@" > "$results/$name.log" 2>&1; then
    passed=$((passed + 1))
    say "passed  $name"
  else
    failed=$((failed + 1))
    say "FAILED  $name"
    sed 's/^/        /' "$results/$name.log" | tail -40
  fi
}

# The programs of a preset's tests, each with its layer (unit, component, e2e).
layers_of() {
  ctest --test-dir "build/$1" --show-only=json-v1 | python3 -c 'import json, os, sys
for test in json.load(sys.stdin)["tests"]:
    if "command" not in test: continue  # not built in this preset
    labels = next((p["value"] for p in test["properties"] if p["name"] == "LABELS"), [])
    print(os.path.basename(test["command"][0]), next(label for label in labels if label != "core"))'
}

# Builds a preset's targets and runs its tests, counting single test cases: tier PRESET CTEST_ARGUMENTS...
tier() {
  local preset=$1
  shift
  say "build ($preset)"
  cmake --preset "$preset" > "$results/configure-$preset.log" || { cat "$results/configure-$preset.log"; exit 1; }
  cmake --build --preset "$preset" > "$results/build-$preset.log" || { grep -E 'error|FAILED' -A5 "$results/build-$preset.log" | head -60; exit 1; }
  use_tools
  say "tests ($preset)"
  local xml=$results/$preset
  mkdir -p "$xml"
  local log=$results/ctest-$preset.log
  local ended=0
  GTEST_OUTPUT="xml:$xml/" ctest --test-dir "build/$preset" --output-on-failure -j "$(nproc)" --no-tests=error "$@" > "$log" 2>&1 || ended=$?
  if [ $ended != 0 ]; then tail -150 "$log"; fi
  grep -E '^ *[0-9]+/[0-9]+ Test' "$log" || true
  # A skipped test says why: repeat it where it is read.
  grep -hE '^(\[  SKIPPED \]|.*Skipped$)' "$log" || true
  local program layer
  local -A layer_of=()
  while read -r program layer; do layer_of[$program]=$layer; done < <(layers_of "$preset")
  local file counted=0
  for file in "$xml"/*.xml; do
    [ -e "$file" ] || continue
    local totals tests failures errors disabled skips
    totals=$(grep -m1 '<testsuites' "$file")
    number() { sed -nE "s/.* $1=\"([0-9]+)\".*/\1/p" <<< "$totals"; }
    tests=$(number tests) failures=$(number failures) errors=$(number errors) disabled=$(number disabled)
    skips=$(grep -c 'result="skipped"' "$file" || true)
    failed=$((failed + failures + errors)) counted=$((counted + failures + errors))
    skipped=$((skipped + skips + disabled))
    layer="${layer_of[$(basename "$file" .xml)]:-other} ($preset)"
    layers[$layer]=$((${layers[$layer]:-0} + tests))
    passed=$((passed + tests - failures - errors - skips - disabled))
    printf '        %-32s %4d tests, %d failed, %d skipped\n' "$(basename "$file" .xml) ($preset)" "$tests" "$((failures + errors))" "$((skips + disabled))"
  done
  # A group that crashed leaves no results, and a preset without groups none at all: a failure without a count is one.
  if [ $ended != 0 ] && [ $counted = 0 ]; then
    failed=$((failed + 1))
    say "FAILED  $preset: ctest ended with $ended and no test tells why"
  fi
}

if [ -z "$label" ]; then
  check format tests/lint/format.sh
  check includes tests/lint/includes.py
  check protos tests/lint/protos.sh
  check dashboards tests/observability/check.py
fi
tier release ${label:+-L "$label"}
if [ -z "$label" ]; then
  check chart tests/chart/run.sh
  check readme tests/lint/readme.sh
fi
if [ $quick = 0 ] && [ -z "$label" ]; then
  ASAN_OPTIONS=detect_leaks=1 tier asan -L core
fi

say "total"
for layer in "${!layers[@]}"; do printf '        %-20s %5d tests\n' "$layer" "${layers[$layer]}"; done | sort
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
