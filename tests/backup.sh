#!/usr/bin/env bash
# Saves the running system as the administrator's manual says, loses Redis and the audio, restores both and starts the
# services again: users, contacts and the voicemail with its audio are there.
#   tests/backup.sh [--bin DIR]   builds first, or takes programs compiled already
set -euo pipefail
cd "$(dirname "$0")/.."

bin=build/release/bin
case "${1:-}" in
  "")
    deploy/install-packages.sh build run test
    cmake --preset release > /dev/null
    cmake --build --preset release --target crosspoint-story crosspointctl > build/backup-build.log 2>&1 ||
      { tail -40 build/backup-build.log >&2; exit 1; } ;;
  --bin) bin=${2:?--bin needs a folder} ;;
  *) sed -n '2,4p' "$0" >&2; exit 2 ;;
esac
bin=$(realpath "$bin")

dir=$(mktemp -d /tmp/crosspoint-backup-XXXXXX)
redis_dir="" started=()
# Only what was started here.
end() {
  for pid in "${started[@]}"; do kill "$pid" 2> /dev/null || true; done
  for pid in "${started[@]}"; do wait "$pid" 2> /dev/null || true; done
  if [ -n "$redis_dir" ]; then rm -rf "$redis_dir"; fi
  rm -rf "$dir"
}
trap end EXIT
fail() {
  echo "FAILED: $*"
  tail -n 3 "$dir"/*.log
  exit 1
}
wait_for() {  # what, then a command
  local what=$1
  shift
  for _ in $(seq 600); do if "$@" > /dev/null 2>&1; then return; fi; sleep 0.1; done
  fail "$what"
}

"$bin/crosspoint-story" --dir "$dir/stack" > "$dir/story.log" 2>&1 &
story=$!
started+=($story)
wait_for "the story was not told" grep -q "It stays up" "$dir/story.log"
socket=$(sed -n 's/.*redis-cli -s //p' "$dir/story.log" | head -1)
ctl() { CROSSPOINT_CTL_CONFIG=$dir/stack/ctl.yaml "$bin/crosspointctl" "$@"; }
facts() {  # fails while not all of it can be had
  local message
  ctl users list | sort && ctl --json voicemail list && ctl contacts lookup +493023125101 &&
    message=$(ctl --json voicemail list | grep -oE '[^"]*/voicemails/[^"]*' | head -1) &&
    ctl voicemail play "$message" --output "$dir/audio.wav" && sha256sum < "$dir/audio.wav"
}
user=$(ctl --json presence get | grep -oE 'tenants/[^"]*' | head -1)
/usr/bin/python3 - "$dir/message.wav" << 'END'
import struct, sys, wave
with wave.open(sys.argv[1], 'wb') as audio:
    audio.setparams((1, 2, 8000, 0, 'NONE', ''))
    audio.writeframes(b''.join(struct.pack('<h', i * 37 % 20000 - 10000) for i in range(16000)))
END
ctl --token-file "$dir/stack/token-pbx" voicemail deposit "$user" "$dir/message.wav" --caller +4930123456 > /dev/null
facts > "$dir/before"
epoch=$(redis-cli -s "$socket" GET 'cp:{presence:_}:epoch')

echo "save"
deploy/backup.sh save "$dir/backup" --blobs "$dir/stack/voicemail-blobs" -- -s "$socket"
ctl presence set vacation > /dev/null  # lost with what comes after the backup

echo "lose everything"
kill -INT $story
wait $story || true
started=()
rm -rf "$dir/stack/voicemail-blobs"
redis_dir=$(dirname "$socket")
[ ! -e "$redis_dir" ] || fail "Redis is still there"

echo "restore"
deploy/backup.sh restore "$dir/backup" --data "$redis_dir" --blobs "$dir/stack/voicemail-blobs"
deploy/backup.sh restore "$dir/backup" --data "$redis_dir" 2> /dev/null && fail "a folder in use was overwritten"
redis-server --dir "$redis_dir" --appendonly yes --appendfsync always --save "" --port 0 --unixsocket "$socket" > "$dir/redis.log" &
started+=($!)
wait_for "Redis does not start" redis-cli -s "$socket" PING
# The simulator went with the story; the services are there without it.
echo secret > "$dir/password"
sed -i -E "s#(password_file: *)[^,}]*#\\1'$dir/password'#" "$dir"/stack/*.yaml
for name in directory presence meeting-sync contact voicemail gateway; do
  "$bin/crosspoint-$name" --config "$dir/stack/$name-0.yaml" > "$dir/$name.log" 2>&1 &
  started+=($!)
done
wait_for "not everything is there" facts
facts > "$dir/after"
diff "$dir/before" "$dir/after" || fail "what is there now is not what was saved"
new=$(redis-cli -s "$socket" GET 'cp:{presence:_}:epoch')
[ -n "$new" ] && [ "$new" != "$epoch" ] || fail "presence goes on in the old epoch"
! ctl presence get | grep -qi vacation || fail "there is more than was saved"
echo "passed: $(grep -c . "$dir/after") lines of facts are the same, presence began a new epoch"
