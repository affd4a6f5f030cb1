#!/usr/bin/env bash
# Everything that can be known of the chart without a cluster.
#   tests/chart/run.sh                             all of it
#   tests/chart/run.sh test_features.Edge          only that
#   CROSSPOINT_UPDATE_GOLDEN=1 tests/chart/run.sh  writes golden/ anew
set -euo pipefail
cd "$(dirname "$0")"
tools=$(./tools.sh)
export CROSSPOINT_CHART_TOOLS=$tools PYTHONDONTWRITEBYTECODE=1
if [ $# = 0 ]; then set -- discover --pattern 'test_*.py'; fi
exec "$tools/python/bin/python" -m unittest "$@"
