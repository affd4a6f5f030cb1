#!/usr/bin/env bash
# Compiles grpcurl, once, into build/tools/e2e, which it prints. It is a Go module: without Go on the machine nothing is made.
set -euo pipefail
cd "$(dirname "$0")/../.."
tools=$PWD/build/tools/e2e
version=v1.9.3

if command -v go > /dev/null && [ ! -x "$tools/$version/grpcurl" ]; then
  GOBIN=$tools/$version go install "github.com/fullstorydev/grpcurl/cmd/grpcurl@$version" >&2
  ln -sfn "$version/grpcurl" "$tools/grpcurl"
fi
echo "$tools"
