#!/usr/bin/env bash
# Every C++ file is formatted as .clang-format says.
set -euo pipefail
cd "$(dirname "$0")/../.."
git ls-files '*.cc' '*.h' | xargs -r clang-format-14 --dry-run --Werror
