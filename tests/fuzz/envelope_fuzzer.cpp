// What comes from Redis or from whoever configures a node: messages, questions, answers, URLs and
// limits. Nothing may break a reader, and what it read must survive being written and read again.
// Input: any text.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "redis/envelope.hpp"
#include "redis/history_script.hpp"
#include "redis/question.hpp"
#include "redis/redis_url.hpp"

using namespace sse;
using namespace sse::redis;

namespace {

constexpr std::string_view kTcp = "redis://";
constexpr std::string_view kUnix = "redis+unix://";
constexpr std::string_view kSentinel = "redis+sentinel://";
constexpr std::string_view kSecret = "OpenSesame";

void require(bool holds, const char* what, std::string_view detail) {
  if (holds) return;
  std::fprintf(stderr, "%s\n%.*s\n", what, static_cast<int>(detail.size()), detail.data());
  std::abort();
}

void check_origin(const Origin& origin, std::string_view text) {
  require(!origin.producer.empty() && origin.number > 0, "a producer without key or number", text);
}

void check_message(std::string_view text) {
  const auto envelope = decode_envelope(text);
  Envelope event = decode_message(text);
  require(!envelope || event == *envelope, "a message is read otherwise than its envelope", text);
  require(envelope || event.data == text, "what is no event object is not verbatim", text);
  require(!envelope || !validate(event.fields()), "an invalid event was accepted", text);
  if (validate(event.fields())) return;
  Producer producer;
  if (event.origin) {
    check_origin(*event.origin, text);
    producer = {event.origin->producer, event.origin->number};
  }
  event.place.reset();  // the script writes it
  const std::string again = encode_message(event.fields(), producer);
  require(decode_message(again) == event, "a message does not survive the round trip", again);
  require(decode_envelope(encode_envelope(event.fields(), producer)) == event,
          "an envelope does not survive the round trip", text);
}

void check_question(std::string_view text) {
  if (const auto question = decode_question(text)) {
    const auto again = decode_question(encode_question(*question));
    require(again && again->channel == question->channel && again->answer == question->answer,
            "a question does not survive the round trip", text);
  }
  if (const auto answer = decode_answer(text)) {
    const auto again = decode_answer(encode_answer(*answer));
    require(again && again->node == answer->node && again->channel == answer->channel &&
                again->streams == answer->streams,
            "an answer does not survive the round trip", text);
  }
}

void check_url(const std::string& text) {
  const auto url = parse_redis_url(text);
  if (!url) return;
  require(!url->host.empty() + !url->unix_path.empty() + !url->sentinels.empty() == 1,
          "not one of host, path and sentinels", text);
  require(url->sentinels.empty() == url->master.empty(), "sentinels without a master", text);
  std::string place = url->host + url->unix_path + url->master;
  for (const RedisAddress& sentinel : url->sentinels) place += sentinel.host;
  require(place.find('\0') == std::string::npos, "NUL in a host or path", text);
  if (!url->password.empty()) return;
  const auto again = parse_redis_url(masked(*url));
  require(again && *again == *url, "the masked URL leads elsewhere", text);
}

// A password somewhere before the '@', whatever stands around it. (Behind a '/' that begins a
// socket path it would be none.)
void check_secret(std::string_view scheme, std::string_view text) {
  const std::size_t half = text.size() / 2;
  if (text.find(kSecret) != std::string_view::npos) return;  // it may be shown as the user
  if (scheme == kUnix && text.substr(0, half).find('/') != std::string_view::npos) return;
  const std::string url = std::string(scheme)
                              .append(text.substr(0, half))
                              .append(":")
                              .append(kSecret)
                              .append(text.substr(half))
                              .append("@/run/redis");
  const auto parsed = parse_redis_url(url);
  const std::string shown = parsed ? masked(*parsed) : parsed.error().message;
  require(shown.find(kSecret) == std::string::npos, "a password is shown", url + "\n" + shown);
}

void check_limits(std::string_view text) {
  if (const auto limits = parse_history_limits(text))
    require(!text.empty(), "limits out of nothing", text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(data, data + size);
  check_message(text);
  check_question(text);
  check_url(text);
  for (std::string_view scheme : {kTcp, kUnix, kSentinel}) {
    check_url(std::string(scheme).append(text));
    check_secret(scheme, text);
  }
  check_limits(text);
  return 0;
}
