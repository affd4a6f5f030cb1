#!/usr/bin/env bash
# Runs every command of the README but the one that runs this. A command nobody taught this script fails it.
set -euo pipefail
cd "$(dirname "$0")/../.."

# Stays up: run it until it says so, then end it as a person would.
run_until_up() {
  local log=build/readme-demo.log
  setsid "$@" > "$log" 2>&1 &
  local pid=$!
  for _ in $(seq 1200); do
    if grep -q "It stays up" "$log"; then
      kill -INT -- "-$pid"
      wait "$pid" && return 0
      echo "ended with $? after Ctrl-C"
      return 1
    fi
    kill -0 "$pid" 2> /dev/null || break
    sleep 0.5
  done
  tail -40 "$log"
  return 1
}

commands=$(grep -oE '\b(deploy|tests)/[a-z_-]+\.sh( --?[a-z]+| rpc)*' README.md | sort -u)
[ -n "$commands" ] || { echo "no commands found in README.md"; exit 1; }
while read -r command; do
  echo "== $command"
  case "$command" in
    tests/run.sh) echo "runs this" ;;
    deploy/demo.sh) run_until_up deploy/demo.sh ;;
    "deploy/demo.sh --check") deploy/demo.sh --check ;;
    "deploy/demo.sh --containers") echo "needs Docker: tests/containers.sh runs this" ;;
    "tests/bench.sh rpc") tests/bench.sh rpc ;;
    *) echo "no test knows how to run it"; exit 1 ;;
  esac
done <<< "$commands"
