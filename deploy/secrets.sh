#!/usr/bin/env bash
# Makes the secrets that compose.yaml mounts: deploy/secrets.sh DIR [HOST...]
# What is there already stays, so it can be run again, and after a file of DIR was replaced must be.
#   DIR/ca.pem, ca-key.pem   the authority of the certificates below; made when missing
#   DIR/jwks.json            public keys of the issuer of tokens; yours
#   DIR/exchange-password    of the service account in Exchange; yours
#   DIR/redis-password       made when missing
#   DIR/NAME/                what the container NAME may see: tls/ with its certificate, and copies of what it needs of the above
# HOST...: the names by which clients reach Envoy. Its certificate in DIR/envoy/tls may be replaced by one that clients know.
set -euo pipefail
[ $# -ge 1 ] || { sed -n '2,9p' "$0" >&2; exit 2; }
dir=$1
shift
for file in jwks.json exchange-password; do
  [ -s "$dir/$file" ] || { echo "secrets: put $file into $dir first" >&2; exit 1; }
done
umask 077
mkdir -p "$dir"
chmod 700 "$dir"
cd "$dir"
days=3650
[ -s ca.pem ] || openssl req -x509 -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days $days -subj "/CN=Crosspoint" \
  -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign -keyout ca-key.pem -out ca.pem 2> /dev/null
[ -s redis-password ] || openssl rand -hex 32 > redis-password

# issue NAME ALTERNATIVE-NAMES: for servers and clients, as services are both to each other.
issue() {
  local tls=$1/tls
  mkdir -p "$tls"
  cp ca.pem "$tls/ca.crt"
  [ ! -s "$tls/tls.crt" ] || return 0
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" -keyout "$tls/tls.key" -out request.pem 2> /dev/null
  printf '%s\n' "subjectAltName=$2" basicConstraints=critical,CA:FALSE keyUsage=critical,digitalSignature \
    extendedKeyUsage=serverAuth,clientAuth > extensions
  openssl x509 -req -in request.pem -days $days -CA ca.pem -CAkey ca-key.pem -set_serial "0x$(openssl rand -hex 16)" \
    -extfile extensions -out "$tls/tls.crt" 2> /dev/null
  rm request.pem extensions
}
# give FILE AS NAME...
give() {
  local file=$1 as=$2 name
  shift 2
  for name in "$@"; do
    mkdir -p "$name/$(dirname "$as")"
    cp "$file" "$name/$as.new"
    mv "$name/$as.new" "$name/$as"
  done
}

hosts=""
[ $# = 0 ] || hosts=$(printf ",DNS:%s" "$@")
services=(directory presence meeting-sync voicemail contact gateway)
for service in "${services[@]}"; do
  issue "$service" "URI:spiffe://crosspoint/service/$service,DNS:$service"
done
issue envoy "DNS:envoy,DNS:localhost,IP:127.0.0.1${hosts}"
issue exchange-sim DNS:exchange.corp.example
give jwks.json jwks/jwks.json "${services[@]}" envoy
give redis-password redis/password "${services[@]}"
give exchange-password exchange/password directory meeting-sync voicemail contact exchange-sim
mkdir -p valkey
echo "user default on >$(cat redis-password) ~* &* +@all" > valkey/users.acl

# The containers run as 10001. Where files cannot be given to it, they are readable by all behind a folder that is closed.
for name in "${services[@]}" envoy exchange-sim valkey; do
  if [ "$(id -u)" = 0 ]; then chown -R 10001:10001 "$name"; else chmod -R a+rX "$name"; fi
done
