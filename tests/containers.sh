#!/usr/bin/env bash
# Holds the images and compose.yaml to their promises and prints the figures: tests/containers.sh [--images]
# --images: only the images, which Podman's too can be held to (CROSSPOINT_ENGINE=podman).
# Every image: runs with --read-only --cap-drop ALL --user 10001, has no shell, no file that others may write, records of its packages.
# Every service's image: at most 110 MB. compose.yaml: the demo's story passes through Envoy; a service is ready within
# START_LIMIT (60) seconds of its start, all parts are scraped, gRPC-Web is answered and a forged token refused at the edge,
# SIGTERM ends each service with 0, and what was acknowledged outlives a restart of everything.
# Not part of tests/run.sh: needs Docker, docker-compose and the images (deploy/images.sh). Variables as in deploy/demo.sh.
set -euo pipefail
cd "$(dirname "$0")/.."

engine=${CROSSPOINT_ENGINE:-docker}
prefix=${CROSSPOINT_IMAGES:-crosspoint}
version=${CROSSPOINT_VERSION:-$(sed -n 's/^project(crosspoint VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)}
services=(directory presence meeting-sync voicemail contact gateway)
limit_mb=110 start_limit=${START_LIMIT:-60}
work=$(mktemp -d)
demo=""
finish() {
  if [ -n "$demo" ]; then
    kill -TERM "$demo" 2> /dev/null || true
    wait "$demo" || true
  fi
  rm -rf "$work"
}
trap finish EXIT
broken=0
broken() { echo "BROKEN: $*"; broken=1; }

# What an image holds, as names with mode and owner.
contents() {
  local container
  container=$("$engine" create "$1")
  "$engine" export "$container" | tar -tv --numeric-owner
  "$engine" rm "$container" > /dev/null
}

check_image() {
  local name=$1 image=$prefix/$1:$version ask=--version size files
  case $name in exchange-sim | story) ask=--help ;; esac
  size=$("$engine" image inspect --format '{{.Size}}' "$image" | awk '{ printf "%.1f", $1 / 1e6 }')
  "$engine" run --rm --network none --read-only --cap-drop ALL --security-opt no-new-privileges --user 10001 "$image" $ask > "$work/out" 2>&1 ||
    broken "$name does not run confined: $(cat "$work/out")"
  contents "$image" > "$work/files"
  ! grep -qE ' (usr/)?bin/(ba|da|z)?sh( |$)' "$work/files" || broken "$name has a shell"
  files=$(awk '$1 ~ /^-.......w/ || ($1 ~ /^d.......w./ && $1 !~ /t$/) { print $NF }' "$work/files")
  [ -z "$files" ] || broken "$name: anybody may write $files"
  files=$(awk '$1 ~ /^-..s|^-.....s/ { print $NF }' "$work/files")
  [ -z "$files" ] || broken "$name has set-user-id files: $files"
  grep -q ' var/lib/dpkg/status.d/libc6$' "$work/files" || broken "$name has no record of libc6"
  [ "$("$engine" image inspect --format '{{.Config.User}}' "$image")" = 10001:10001 ] || broken "$name does not run as 10001"
  [ "$("$engine" image inspect --format '{{index .Config.Labels "org.opencontainers.image.version"}}' "$image")" = "$version" ] ||
    broken "$name is not labelled with its version"
  case " ${services[*]} " in
    *" $name "*) [ "${size%.*}" -lt $limit_mb ] || broken "$name has $size MB" ;;
  esac
  printf '%-14s %8s MB %4s packages   confined: %s\n' "$name" "$size" \
    "$(grep -c ' var/lib/dpkg/status.d/[^ ]*$' <(grep -v md5sums "$work/files"))" "$(grep -m1 . "$work/out" | cut -c1-50)"
}
for name in "${services[@]}" ctl exchange-sim story valkey prometheus envoy; do check_image "$name"; done
if [ "${1:-}" = --images ]; then exit $broken; fi

# The demo, which stays up; its own temporary folder is told by Docker.
export CROSSPOINT_PROJECT=crosspoint-check CROSSPOINT_PORT=${CROSSPOINT_PORT:-18443}
export CROSSPOINT_PROMETHEUS=${CROSSPOINT_PROMETHEUS:-127.0.0.1:19095}
deploy/demo.sh --containers > "$work/demo.log" 2>&1 &
demo=$!
for _ in $(seq 600); do
  ! grep -q 'It stays up' "$work/demo.log" || break
  kill -0 $demo 2> /dev/null || break
  sleep 1
done
if grep -q 'The story is told' "$work/demo.log"; then
  grep -E '^[0-9]+\. |done in|The story is told' "$work/demo.log"
else
  cat "$work/demo.log"
  broken "the story does not pass in containers"
  exit 1
fi
containers() { "$engine" ps -q --filter "label=com.docker.compose.project=$CROSSPOINT_PROJECT" --filter "label=com.docker.compose.service=$1"; }
secrets=$("$engine" inspect --format '{{range .Mounts}}{{if eq .Destination "/run/secrets/crosspoint"}}{{.Source}}{{end}}{{end}}' "$(containers gateway)")
secrets=$(dirname "$secrets")
token=$(cat "$secrets/token-anna")
# crosspointctl with the token of WHOM: ask WHOM ARGUMENTS...
ask() {
  local whom=$1
  shift
  "$engine" run --rm --read-only --cap-drop ALL --user "$(id -u):$(id -g)" --network "${CROSSPOINT_PROJECT}_edge" -v "$secrets:/credentials:ro" \
    -v "$work:/given:ro" "$prefix/ctl:$version" --server envoy:8443 --ca /credentials/ca.pem --token-file "/credentials/token-$whom" "$@"
}
messages() { ask anna voicemail list --json 2> /dev/null | grep -c '"name"' || true; }

# gRPC-Web: GetPresence of a user by a request a browser makes; the answer's trailer is in its body.
web() {
  curl -s --max-time 20 --cacert "$secrets/ca.pem" -o "$work/web" -w '%{http_code}' -H 'content-type: application/grpc-web+proto' -H 'x-grpc-web: 1' \
    -H "authorization: Bearer $1" --data-binary "@$work/request" \
    "https://localhost:$CROSSPOINT_PORT/crosspoint.presence.v1.PresenceService/GetPresence"
}
user=$(cut -d. -f2 <<< "$token" | tr _- /+ | base64 -d 2> /dev/null | sed -n 's/.*"sub":"\([^"]*\)".*/\1/p' || true)
python3 - "tenants/default/users/$user" > "$work/request" << 'END'
import struct, sys
name = sys.argv[1].encode()
message = b"\x0a" + bytes([len(name)]) + name
sys.stdout.buffer.write(b"\0" + struct.pack(">I", len(message)) + message)
END
code=$(web "$token")
grep -qa 'grpc-status:0' "$work/web" && [ "$code" = 200 ] || broken "gRPC-Web: HTTP $code"
code=$(web "${token%????}AAAA")
[ "$code" = 401 ] || grep -qa 'Jwt' "$work/web" || broken "a forged token passed the edge: HTTP $code"
echo "gRPC-Web answered, forged token refused at the edge"

# Every part is scraped.
up_parts() { grep -o '"value":\[[^]]*"1"\]' "$work/up" | wc -l || true; }
for _ in $(seq 60); do
  curl -s --max-time 10 "http://$CROSSPOINT_PROMETHEUS/api/v1/query?query=up" > "$work/up" || true
  [ "$(up_parts)" -lt 9 ] || break
  sleep 1
done
up=$(up_parts)
[ "$up" = 9 ] || broken "Prometheus reaches $up of 9 parts: $(cat "$work/up")"
echo "Prometheus scrapes $up parts"

# From the start of a container to the line in which the service says that it is ready; and an orderly end.
for name in "${services[@]}"; do
  for container in $(containers "$name"); do
    "$engine" stop -t 60 "$container" > /dev/null
    code=$("$engine" inspect --format '{{.State.ExitCode}}' "$container")
    [ "$code" = 0 ] || broken "$name ended with $code after SIGTERM"
    "$engine" start "$container" > /dev/null
    begin=$("$engine" inspect --format '{{.State.StartedAt}}' "$container")
    for _ in $(seq 1 $((start_limit * 5))); do
      ready=$("$engine" logs -t --since "$begin" "$container" 2>&1 | grep -m1 '"event":"ready"' | cut -d' ' -f1 || true)
      [ -z "$ready" ] || break
      sleep 0.2
    done
    if [ -z "$ready" ]; then
      broken "$name is not ready $start_limit s after its start"
      continue
    fi
    printf '%-14s ready after %s s, ended with %s\n' "$name" "$(awk -v a="$(date -d "$begin" +%s.%N)" -v b="$(date -d "$ready" +%s.%N)" 'BEGIN { printf "%.2f", b - a }')" "$code"
  done
done

# Everything is killed and started again: what was acknowledged is still there.
python3 -c 'import sys, wave
with wave.open(sys.argv[1], "wb") as file:
    file.setparams((1, 2, 8000, 8000, "NONE", ""))
    file.writeframes(bytes(16000))' "$work/message.wav"
ask pbx voicemail deposit "tenants/default/users/$user" /given/message.wav > /dev/null || broken "no message can be left"
before=$(messages)
[ "$before" -gt 0 ] || broken "the message is not listed"
ask anna presence set vacation > /dev/null || broken "availability cannot be set"
mapfile -t all < <("$engine" ps -q --filter "label=com.docker.compose.project=$CROSSPOINT_PROJECT" --filter "label=com.docker.compose.service" | sort)
"$engine" kill "${all[@]}" > /dev/null
"$engine" start "${all[@]}" > /dev/null
for _ in $(seq 90); do
  ! ask anna presence get > "$work/presence" 2> /dev/null || break
  sleep 1
done
grep -qi vacation "$work/presence" || broken "availability was lost: $(cat "$work/presence")"
for _ in $(seq 60); do
  after=$(messages)
  [ "$after" != "$before" ] || break
  sleep 1
done
[ "$after" = "$before" ] || broken "messages: $before before, $after after"
echo "all containers killed and started again: nothing lost"

[ $broken = 0 ] && echo "all promises kept"
exit $broken
