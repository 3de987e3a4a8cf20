#!/bin/sh
# Two nodes, two `curl -N`, one `redis-cli PUBLISH`: all it takes to try the classic pattern.
# Usage: SSE_BIN=build/release/bin tests/e2e/redis_shell_test.sh
set -eu
folder=$(mktemp -d)
trap 'kill $pids 2>/dev/null || true; wait; rm -rf "$folder"' EXIT
pids=

fail() { echo "$1" >&2; cat "$folder"/*.log >&2; exit 1; }

# await WHAT COMMAND...: tries the command until it succeeds, for half a minute.
await() {
  what=$1; shift
  tries=300
  until "$@" 2>/dev/null; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || fail "timed out waiting for $what"
    sleep 0.1
  done
}

redis() { redis-cli -s "$folder/redis.sock" "$@"; }
is_up() { redis PING | grep -q PONG; }
are_subscribed() { redis PUBSUB NUMSUB news | grep -qx 2; }

redis-server --port 0 --unixsocket "$folder/redis.sock" --dir "$folder" --save '' \
  >"$folder/redis.log" 2>&1 &
pids=$!
await "Redis" is_up

for node in one two; do
  "$SSE_BIN/sse-serve" --listen "unix:$folder/$node.sock" --redis "redis+unix://$folder/redis.sock" \
    2>"$folder/$node.log" &
  pids="$pids $!"
  await "node $node" test -S "$folder/$node.sock"
  curl -sN --unix-socket "$folder/$node.sock" http://localhost/news >"$folder/$node.out" &
  pids="$pids $!"
done
await "both nodes to subscribe" are_subscribed

redis PUBLISH news hello >"$folder/answer"
for node in one two; do
  await "the event on node $node" grep -qx 'data: hello' "$folder/$node.out"
done
echo "hello reached curl on two nodes; Redis counted $(cat "$folder/answer") subscribers"
