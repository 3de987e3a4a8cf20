#include "redis/stream_count.hpp"

#include <utility>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "redis/question.hpp"

namespace sse::redis {
namespace {

Result<Connection> connect(const StreamCountOptions& options) {
  auto opened = Connection::open(options.url, options.connection);
  if (!opened) return fail(std::move(opened.error().message));
  return *std::move(opened);
}

Result<Reply> command(Connection& connection, const std::vector<std::string_view>& words,
                      Reply::Kind wanted) {
  Reply reply = connection.command(words);
  if (reply.kind == wanted) return reply;
  return fail(std::string(words.front()) + ": " +
              (reply.text.empty() ? "unexpected reply" : reply.text));
}

// How many nodes listen; in a cluster a member knows only of its own.
Result<std::optional<std::size_t>> expected_answers(Connection& asker, const HubKeys& keys) {
  const auto info = command(asker, {"INFO", "cluster"}, Reply::Kind::text);
  if (!info) return tl::unexpected(info.error());
  if (info->text.find("cluster_enabled:1") != std::string::npos) return std::nullopt;
  const auto listeners = command(asker, {"PUBSUB", "NUMSUB", keys.nodes()}, Reply::Kind::array);
  if (!listeners) return tl::unexpected(listeners.error());
  if (listeners->elements.size() != 2) return fail("PUBSUB: unexpected reply");
  return static_cast<std::size_t>(listeners->elements[1].integer);
}

/// The wait for the answers.
class Answers {
 public:
  Answers(const StreamCountOptions& options, std::string_view channel, StreamCount& count)
      : enough_(options.enough),
        deadline_ms_(monotonic_ms() + static_cast<std::uint64_t>(options.time_max.count())),
        channel_(channel),
        count_(count) {}

  Result<void> collect(Connection& listener) {
    while (!is_complete()) {
      const auto reply = listener.read_reply_until(deadline_ms_);
      if (!reply) break;
      if (reply->kind == Reply::Kind::interrupted) return fail("interrupted");
      if (reply->kind != Reply::Kind::array) return fail(reply->text);
      if (reply->elements.size() == 3) take(reply->elements[2].text);
    }
    return {};
  }

 private:
  bool is_complete() const {
    return count_.expected ? count_.nodes >= *count_.expected : count_.streams >= enough_;
  }

  void take(std::string_view text) {
    const auto answer = decode_answer(text);
    if (!answer || answer->channel != channel_) return;
    ++count_.nodes;
    count_.streams += answer->streams;
  }

  std::uint64_t enough_;
  std::uint64_t deadline_ms_;
  std::string_view channel_;
  StreamCount& count_;
};

// Nobody else's topic, with a name nobody else thinks of meanwhile.
std::string answer_topic(const HubKeys& keys) {
  return keys.answers() + std::to_string(unix_ms()) + "-" +
         std::to_string(random_below(UINT64_MAX));
}

}  // namespace

Result<StreamCount> count_streams(const StreamCountOptions& options, std::string_view channel) {
  auto asker = connect(options);
  if (!asker) return tl::unexpected(asker.error());
  auto listener = connect(options);
  if (!listener) return tl::unexpected(listener.error());
  const std::string topic = answer_topic(options.keys);
  const auto subscribed = command(*listener, {"SUBSCRIBE", topic}, Reply::Kind::array);
  if (!subscribed) return tl::unexpected(subscribed.error());
  const auto expected = expected_answers(*asker, options.keys);
  if (!expected) return tl::unexpected(expected.error());
  StreamCount count;
  count.expected = *expected;
  Answers answers(options, channel, count);
  const std::string question = encode_question({std::string(channel), topic});
  const auto asked =
      command(*asker, {"PUBLISH", options.keys.nodes(), question}, Reply::Kind::integer);
  if (!asked) return tl::unexpected(asked.error());
  if (auto done = answers.collect(*listener); !done) return tl::unexpected(done.error());
  return count;
}

}  // namespace sse::redis
