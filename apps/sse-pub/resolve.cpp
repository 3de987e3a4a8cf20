#include <algorithm>
#include <cstdlib>

#include "sse-pub/options.hpp"

namespace sse::pub {
namespace {

constexpr std::size_t kKeyBytesMax = 200;

bool is_from_environment(const char* name, const std::string& value) {
  const char* found = std::getenv(name);
  return found != nullptr && value == found;
}

// A target given by option beats one that only the environment names.
Result<void> choose_target(PubOptions& o) {
  const bool url_given = o.url != PubOptions().url && !is_from_environment("SSE_URL", o.url);
  const bool redis_given = !o.redis.empty() && !is_from_environment("SSE_REDIS", o.redis);
  if (redis_given && (url_given || !o.unix_socket.empty()))
    return fail("--redis excludes --url and --unix-socket: there is one target");
  if (url_given) o.redis.clear();
  if (o.redis.empty() && !o.redis_password_file.empty())
    return fail("--redis-password-file needs --redis");
  if (o.redis.empty() && o.redis_tls != redis::RedisTls())
    return fail(std::string(redis::kTlsNeedsRedis));
  if (o.redis.empty() && o.redis_history) return fail("--redis-history needs --redis");
  return {};
}

Result<void> choose_channel(PubOptions& o) {
  if (!o.user.empty()) {
    if (o.data) return fail("--user NAME is the channel: give DATA only, no CHANNEL");
    o.data = std::exchange(o.channel, "@" + o.user);
  }
  const bool own_channels = o.input == "json" || !o.replay.empty();
  if (!o.channel && !own_channels) return fail("CHANNEL is missing");
  return {};
}

// Its way leads through an HTTP header.
Result<void> check_key(PubOptions& o) {
  const auto is_visible = [](char c) { return c > ' ' && c < '\x7f'; };
  if (o.idempotency_key.size() > kKeyBytesMax ||
      !std::all_of(o.idempotency_key.begin(), o.idempotency_key.end(), is_visible))
    return fail("--idempotency-key: 1 to " + std::to_string(kKeyBytesMax) +
                " visible ASCII characters, no space");
  return {};
}

Result<void> choose_input(PubOptions& o) {
  const bool streamed = o.lines || o.null || o.input != "text";
  if (o.data && (streamed || !o.file.empty()))
    return fail("DATA excludes --file, --lines, --null and --input");
  if ((o.lines || o.null) && o.input != "text")
    return fail("--lines and --null are for --input text");
  if (streamed && o.id) return fail("--id names one event: not with --lines, --null or --input");
  if (o.lines) o.format = InputFormat::lines;
  if (o.null) o.format = InputFormat::null;
  if (o.input == "json") o.format = InputFormat::json;
  if (o.input == "sse") o.format = InputFormat::sse;
  if (o.replay.empty()) return {};
  if (o.data || streamed || !o.file.empty())
    return fail("--replay excludes DATA, --file, --lines, --null and --input");
  o.file = o.replay;
  o.format = InputFormat::recording;
  return {};
}

Result<void> choose_command(PubOptions& o) {
  if (!o.on_exit) return {};
  const bool other_input = o.data || !o.file.empty() || !o.replay.empty() || o.lines || o.null ||
                           o.input != "text" || o.expand || o.repeat != 1;
  if (other_input)
    return fail("--on-exit makes the event itself: give CHANNEL, then -- and the command");
  if (o.command.empty()) return fail("--on-exit needs a command: sse-pub CHANNEL --on-exit -- CMD");
  if (!o.event) o.event = "exit";
  return {};
}

Result<void> choose_pace(PubOptions& o) {
  if (o.replay.empty() && o.speed != 1) return fail("--speed is for --replay");
  if (!o.replay.empty() && o.rate > 0)
    return fail("--rate excludes --replay, which has times of its own");
  if (o.repeat != 1 && o.format != InputFormat::whole)
    return fail("--repeat is for one event: not with --lines, --null, --input and --replay");
  return {};
}

Result<void> choose_spool(PubOptions& o) {
  if (o.spool.empty() && o.drain) return fail("--drain needs --spool");
  if (!o.spool.empty() && o.require_receivers > 0)
    return fail("--require-receivers is not for --spool, from which events may go out later");
  return {};
}

// Nothing but the spool is read.
Result<void> choose_drain(PubOptions& o) {
  if (o.channel || !o.user.empty() || !o.file.empty() || !o.replay.empty() || o.on_exit)
    return fail("--drain only empties the spool: no CHANNEL, no input");
  if (auto done = choose_spool(o); !done) return done;
  return choose_target(o);
}

}  // namespace

Result<void> resolve(PubOptions& options) {
  if (options.drain) return choose_drain(options);
  for (const auto step : {choose_target, choose_channel, choose_command, choose_input, choose_pace,
                          choose_spool, check_key})
    if (auto done = step(options); !done) return done;
  return {};
}

}  // namespace sse::pub
