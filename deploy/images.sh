#!/usr/bin/env bash
# Builds the images of Crosspoint with Docker or Podman: deploy/images.sh [OPTIONS] [NAME...]
# Without names all: directory presence meeting-sync voicemail contact gateway ctl exchange-sim story valkey prometheus envoy
#   --programs DIR   takes the programs from there (compiled on a Debian 12, e.g. build/release/bin) instead of compiling them
#   --debug          also NAME:VERSION-debug, with a shell, a debugger and symbols
# CROSSPOINT_IMAGES   what names begin with, e.g. registry.corp.example/crosspoint; crosspoint
# CROSSPOINT_VERSION  the tag; without it the version in CMakeLists.txt
# CROSSPOINT_ENGINE   docker, podman or a path; without it the first that can build
# DEBIAN_IMAGE        what the programs are compiled in; without it debian:bookworm-slim, or, where no registry is reachable,
#                     one made by debootstrap (needs root)
set -euo pipefail
cd "$(dirname "$0")/.."

services=(directory presence meeting-sync voicemail contact gateway)
all=("${services[@]}" ctl exchange-sim story valkey prometheus envoy)
programs=compiled debug="" names=()
while [ $# != 0 ]; do
  case $1 in
    --programs) programs=given directory=${2:?--programs needs a folder}; shift ;;
    --debug) debug=1 ;;
    -*) sed -n '2,12p' "$0" >&2; exit 2 ;;
    *) case " ${all[*]} " in *" $1 "*) names+=("$1") ;; *) echo "images: no image '$1'" >&2; exit 2 ;; esac ;;
  esac
  shift
done
[ ${#names[@]} != 0 ] || names=("${all[@]}")
prefix=${CROSSPOINT_IMAGES:-crosspoint}
version=${CROSSPOINT_VERSION:-$(sed -n 's/^project(crosspoint VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)}
revision=$(git rev-parse HEAD 2> /dev/null || echo unknown)
created=$(git log -1 --format=%cI 2> /dev/null || date -uIseconds)

# Clients of Docker from 23 on need a plug-in for BuildKit, which not every machine has.
can_build() {
  case $(basename "$1") in
    podman*) "$1" info > /dev/null 2>&1 ;;
    *) "$1" info > /dev/null 2>&1 && { [ "$("$1" version --format '{{.Client.Version}}' | cut -d. -f1)" -lt 23 ] || "$1" buildx version > /dev/null 2>&1; } ;;
  esac
}
find_engine() {
  local candidate
  for candidate in ${CROSSPOINT_ENGINE:-$(type -ap docker podman || true)}; do
    if can_build "$candidate"; then echo "$candidate"; return; fi
  done
  echo "images: neither a Docker daemon with BuildKit nor Podman answers" >&2
  return 1
}
engine=$(find_engine)
is_podman() { case $(basename "$engine") in podman*) return 0 ;; *) return 1 ;; esac; }

# The Debian that everything is compiled in and taken from.
debian=${DEBIAN_IMAGE:-}
if [ -z "$debian" ]; then
  debian=debian:bookworm-slim
  if ! "$engine" image inspect $debian > /dev/null 2>&1 && ! timeout 60 "$engine" pull -q $debian > /dev/null 2>&1; then
    debian=localhost/crosspoint-debian:bookworm
    if ! "$engine" image inspect $debian > /dev/null 2>&1; then
      echo "no registry reachable: making $debian with debootstrap"
      command -v debootstrap > /dev/null || { echo "images: install debootstrap, or set DEBIAN_IMAGE" >&2; exit 1; }
      base=$(mktemp -d)
      trap 'rm -rf "$base"' EXIT
      debootstrap --variant=minbase bookworm "$base/root" http://deb.debian.org/debian > "$base/log" 2>&1 || { tail "$base/log" >&2; exit 1; }
      printf 'deb http://deb.debian.org/debian %s main\n' bookworm bookworm-updates > "$base/root/etc/apt/sources.list"
      echo 'deb http://deb.debian.org/debian-security bookworm-security main' >> "$base/root/etc/apt/sources.list"
      rm -rf "$base"/root/var/{cache/apt/archives/*.deb,lib/apt/lists/*}
      tar -C "$base/root" -c . | "$engine" import - $debian > /dev/null
    fi
  fi
fi

mkdir -p build/images/bin
if [ $programs = given ]; then
  find build/images/bin -type f -delete
  find "$directory" -maxdepth 1 -type f -name 'crosspoint*' -exec cp -t build/images/bin {} +
fi

build() {
  local name=$1 target=$2 tag=$3 from=$programs options=()
  case $name in valkey | prometheus | envoy) from=$name ;; esac
  [ ! -s "${CROSSPOINT_CA_FILE:-/etc/ssl/certs/ca-certificates.crt}" ] ||
    options+=(--secret "id=ca,src=${CROSSPOINT_CA_FILE:-/etc/ssl/certs/ca-certificates.crt}")
  if is_podman; then options+=(--format docker); fi
  DOCKER_BUILDKIT=1 "$engine" build -q -f deploy/Dockerfile --target "$target" --build-arg "DEBIAN=$debian" \
    --build-arg "PROGRAMS=$from" --build-arg "SERVICE=$name" --build-arg "VERSION=$version" \
    --build-arg "REVISION=$revision" --build-arg "CREATED=$created" "${options[@]}" -t "$prefix/$name:$tag" . > /dev/null
  echo "$prefix/$name:$tag $("$engine" image inspect --format '{{.Size}}' "$prefix/$name:$tag" | awk '{ printf "%.1f MB", $1 / 1e6 }')"
}
for name in "${names[@]}"; do
  build "$name" image "$version"
  [ -z "$debug" ] || build "$name" debug "$version-debug"
done
