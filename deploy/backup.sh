#!/usr/bin/env bash
# Saves what an installation knows while it runs, and makes a Redis folder of it again.
#   deploy/backup.sh save DIR [--blobs DIR] [-- ARGUMENTS OF redis-cli]
#       DIR gets redis.rdb, one moment of Redis, and blobs.tar.gz, the voicemail audio
#   deploy/backup.sh restore DIR --data DIR [--blobs DIR]
#       makes the folder --data (empty or not there yet) for a Redis with appendonly, and puts the audio to --blobs.
#       Every service is stopped meanwhile.
# REDIS_CLI and REDIS_SERVER name the programs: redis-cli and redis-server, or valkey-cli and valkey-server.
set -euo pipefail

cli=${REDIS_CLI:-redis-cli} server=${REDIS_SERVER:-redis-server}
usage() { sed -n '2,8p' "$0" >&2; exit 2; }

command=${1:-} dir=${2:-}
[ -n "$dir" ] || usage
shift 2
data="" blobs="" redis=()
while [ $# -gt 0 ]; do
  case "$1" in
    --data) data=${2:?--data needs a folder}; shift ;;
    --blobs) blobs=${2:?--blobs needs a folder}; shift ;;
    --) shift; redis=("$@"); break ;;
    *) usage ;;
  esac
  shift
done

save() {
  mkdir -p "$dir"
  local said
  said=$("$cli" "${redis[@]}" --rdb "$dir/redis.rdb.new" 2>&1) || { echo "$said" >&2; exit 1; }
  mv "$dir/redis.rdb.new" "$dir/redis.rdb"
  # After Redis: audio is written before the message that names it, so none that this Redis names is missing.
  if [ -n "$blobs" ]; then
    # A file that the sweep takes away meanwhile belongs to no message; tar says so by 1.
    tar -C "$blobs" --exclude=./.incoming -czf "$dir/blobs.tar.gz.new" . || [ $? = 1 ]
    mv "$dir/blobs.tar.gz.new" "$dir/blobs.tar.gz"
  fi
  (cd "$dir" && sha256sum redis.rdb $([ -z "$blobs" ] || echo blobs.tar.gz) > sha256)
  cat "$dir/sha256"
}

fact() { "$cli" -s "$socket" INFO persistence | tr -d '\r' | sed -n "s/^$1://p"; }

restore() {
  [ -n "$data" ] || usage
  (cd "$dir" && sha256sum --quiet -c sha256)
  mkdir -p "$data"
  if [ -n "$(ls -A "$data")" ]; then echo "$data is not empty: put what is there aside first" >&2; exit 1; fi
  cp "$dir/redis.rdb" "$data/restore.rdb"
  socket=$(mktemp -u /tmp/crosspoint-restore-XXXXXX)
  "$server" --dir "$data" --dbfilename restore.rdb --appendonly no --save "" --port 0 --unixsocket "$socket" \
    --logfile "$data/restore.log" --daemonize yes > /dev/null
  until "$cli" -s "$socket" PING 2> /dev/null | grep -q PONG; do sleep 0.2; done
  # Who slept through the restoration must not take old revisions for new ones: all histories begin anew.
  "$cli" -s "$socket" DEL 'cp:{presence:_}:epoch' > /dev/null
  for kind in directory contact; do
    "$cli" -s "$socket" --scan --pattern "cp:{$kind:*}:meta" | while read -r key; do
      "$cli" -s "$socket" HDEL "$key" epoch > /dev/null
    done
  done
  "$cli" -s "$socket" CONFIG SET appendonly yes > /dev/null
  until [ "$(fact aof_rewrite_in_progress)$(fact aof_rewrite_scheduled)" = 00 ]; do sleep 0.2; done
  [ "$(fact aof_last_bgrewrite_status)" = ok ] || { echo "the append-only file could not be written" >&2; exit 1; }
  local keys
  keys=$("$cli" -s "$socket" DBSIZE)
  "$cli" -s "$socket" SHUTDOWN NOSAVE > /dev/null 2>&1 || true
  rm -f "$data/restore.rdb" "$data/restore.log"
  if [ -n "$blobs" ]; then
    mkdir -p "$blobs"
    tar -C "$blobs" -xzf "$dir/blobs.tar.gz"
  fi
  echo "$keys keys in $data"
}

case "$command" in
  save) save ;;
  restore) restore ;;
  *) usage ;;
esac
