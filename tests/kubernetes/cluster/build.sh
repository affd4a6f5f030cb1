#!/usr/bin/env bash
# Makes what Debian has no package of: the parts of Kubernetes and CoreDNS from their Go modules, helm and kubectl, and the
# archives of the images: those of Crosspoint, the name server's, the pause program's.
set -euo pipefail
. tests/kubernetes/cluster/common.sh

names=(directory presence meeting-sync voicemail contact gateway ctl exchange-sim story valkey envoy)
version=$(sed -n 's/^project(crosspoint VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
mkdir -p "$bin" "$dir/images"

tools=$(tests/chart/tools.sh)
install -m 755 "$tools/helm" "$tools/kubectl" "$bin"

# A newer Go than Debian's is itself a module.
export GOTOOLCHAIN=auto GOFLAGS=-mod=readonly CGO_ENABLED=0
of=k8s.io/component-base/version
(cd "$here/cluster/programs" &&
  go build -ldflags "-s -w -X $of.gitVersion=v$kubernetes_version -X $of.gitMajor=1 -X $of.gitMinor=34" -o "$bin/node" ./node &&
  go build -ldflags "-s -w" -o "$bin/dns" ./dns)
gcc -Os -static -o "$bin/pause" "$here/cluster/programs/pause.c"

engine_with_images() {
  local candidate images=("${names[@]/#/crosspoint/}")
  for candidate in ${CROSSPOINT_ENGINE:-$(type -p docker podman || true)}; do
    if "$candidate" image inspect "${images[@]/%/:$version}" > /dev/null 2>&1; then
      echo "$candidate"
      return
    fi
  done
  return 1
}

if ! engine=$(engine_with_images); then
  # shellcheck disable=SC2086  # several words are meant
  deploy/images.sh ${CROSSPOINT_IMAGES_ARGUMENTS:-} "${names[@]}"
  engine=$(engine_with_images) || { echo "kubernetes: no engine has the images" >&2; exit 1; }
fi
for program in pause dns; do
  tar -C "$bin" -c $program | "$engine" import --change "ENTRYPOINT [\"/$program\"]" --change "USER 65532" - crosspoint.test/$program:1 > /dev/null
done

# Each is saved again only when it has changed.
for image in "${names[@]/#/crosspoint/}" crosspoint.test/pause crosspoint.test/dns; do
  file=$dir/images/$(basename "$image").tar
  tag=$version
  case $image in crosspoint.test/*) tag=1 ;; esac
  id=$("$engine" image inspect --format '{{.Id}}' "$image:$tag")
  if [ "$(cat "$file.id" 2> /dev/null)" != "$id" ]; then
    "$engine" save -o "$file" "$image:$tag"
    echo "$id" > "$file.id"
  fi
done
