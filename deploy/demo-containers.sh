#!/usr/bin/env bash
# The demo in containers: builds the images that are missing, starts compose.yaml with the Exchange simulator and fresh
# secrets, plays the main story through Envoy.
#   deploy/demo.sh --containers            stays up afterwards until Ctrl-C
#   deploy/demo.sh --containers --check    ends after the story
# Variables as in compose.yaml; CROSSPOINT_ENGINE as in images.sh.
set -euo pipefail
cd "$(dirname "$0")/.."
case "${1:-}" in
  "" | --check) check=${1:-} ;;
  *) sed -n '2,6p' "$0" >&2; exit 2 ;;
esac

engine=${CROSSPOINT_ENGINE:-docker}
if "$engine" compose version > /dev/null 2>&1; then
  compose=("$engine" compose)
elif command -v docker-compose > /dev/null; then
  compose=(docker-compose)
else
  echo "demo: neither '$engine compose' nor docker-compose is here" >&2
  exit 1
fi
export CROSSPOINT_VERSION=${CROSSPOINT_VERSION:-$(sed -n 's/^project(crosspoint VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)}
prefix=${CROSSPOINT_IMAGES:-crosspoint}
missing=()
for name in directory presence meeting-sync voicemail contact gateway ctl exchange-sim story valkey prometheus envoy; do
  "$engine" image inspect "$prefix/$name:$CROSSPOINT_VERSION" > /dev/null 2>&1 || missing+=("$name")
done
if [ ${#missing[@]} != 0 ]; then
  echo "building the images of ${missing[*]}"
  deploy/images.sh "${missing[@]}"
fi

# Everything is fresh: the demo keeps nothing. The story makes an issuer of tokens, which only a demo has.
CROSSPOINT_SECRETS=$(mktemp -d /tmp/crosspoint-demo-XXXXXX)
export CROSSPOINT_SECRETS CROSSPOINT_ISSUER=https://login.test CROSSPOINT_PORT=${CROSSPOINT_PORT:-8443}
me=$(id -u):$(id -g)
"$engine" run --rm --read-only --cap-drop ALL --network none --user "$me" -v "$CROSSPOINT_SECRETS:/credentials" \
  "$prefix/story:$CROSSPOINT_VERSION" --make-issuer --credentials /credentials
openssl rand -hex 16 > "$CROSSPOINT_SECRETS/exchange-password"
deploy/secrets.sh "$CROSSPOINT_SECRETS"

project=${CROSSPOINT_PROJECT:-crosspoint-demo}
compose+=(-f deploy/compose.yaml -p "$project" --profile demo)
finish() {
  "${compose[@]}" down -v --remove-orphans > /dev/null 2>&1 || true
  rm -rf "$CROSSPOINT_SECRETS"
}
trap finish EXIT
trap 'exit 130' INT TERM
started=$SECONDS
"${compose[@]}" up -d > "$CROSSPOINT_SECRETS/up.log" 2>&1 || { cat "$CROSSPOINT_SECRETS/up.log" >&2; exit 1; }
echo "containers started after $((SECONDS - started)) s"
if ! "${compose[@]}" run --rm -T --user "$me" story 2> "$CROSSPOINT_SECRETS/story.log"; then
  cat "$CROSSPOINT_SECRETS/story.log" >&2
  "${compose[@]}" logs --tail 20 >&2
  exit 1
fi
[ -z "$check" ] || exit 0

cat << END

It stays up until you press Ctrl-C.

  Envoy       https://localhost:$CROSSPOINT_PORT, gRPC and gRPC-Web
  Prometheus  http://${CROSSPOINT_PROMETHEUS:-127.0.0.1:9095}

Talk to it as Anna Story, who also administers it (the tokens are good for 12 hours):

  alias crosspointctl='$engine run --rm -it --user $me --network ${project}_edge -v $CROSSPOINT_SECRETS:/credentials:ro $prefix/ctl:$CROSSPOINT_VERSION --server envoy:8443 --ca /credentials/ca.pem --token-file /credentials/token-anna'
  crosspointctl search miller
  crosspointctl presence watch
  crosspointctl meetings list
END
# Until Ctrl-C.
sleep infinity &
wait $!
