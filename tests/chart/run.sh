#!/usr/bin/env bash
# Everything that can be known of the chart without a cluster.
#   tests/chart/run.sh                             all of it
#   tests/chart/run.sh test_network.Edge           only that
#   CROSSPOINT_UPDATE_GOLDEN=1 tests/chart/run.sh  writes golden/ anew
set -euo pipefail
cd "$(dirname "$0")"
tools=$(./tools.sh)
export CROSSPOINT_CHART_TOOLS=$tools PYTHONDONTWRITEBYTECODE=1
run() { "$tools/python/bin/python" -m unittest "$@" 2>&1; }
if [ $# != 0 ]; then run "$@"; exit; fi

# Two halves of about the same length, side by side.
run test_forms > "$tools/forms.log" &
forms=$!
ended=0
run test_features test_network test_programs || ended=$?
wait $forms || ended=$?
cat "$tools/forms.log"
exit $ended
