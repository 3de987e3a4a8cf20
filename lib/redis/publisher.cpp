#include "redis/publisher.hpp"

#include <algorithm>

namespace sse::redis {
namespace {

using End = PublishReport::End;

void count(PublishReport& report, Reply reply) {
  switch (reply.kind) {
    case Reply::Kind::integer:
      ++report.accepted;
      report.nodes.push_back(reply.integer);
      return;
    case Reply::Kind::lost:
      return report.note(End::lost, std::move(reply.text));
    case Reply::Kind::interrupted:
      return report.note(End::interrupted, {});
    default:
      ++report.refused;
      report.nodes.push_back(-1);
      return report.note(End::refused,
                         reply.text.empty() ? "unexpected reply" : std::move(reply.text));
  }
}

std::vector<std::string_view> views(const std::vector<std::string>& words) {
  return {words.begin(), words.end()};
}

}  // namespace

PublishReport RedisPublisher::connect() {
  return open_if_closed(connection_, options_.url, options_.connection);
}

PublishReport RedisPublisher::publish(std::span<const Message> messages) {
  PublishReport report = connect();
  while (report.end == End::done && !messages.empty()) {
    const std::size_t size = std::min(messages.size(), options_.window);
    publish_window(messages.first(size), report);
    messages = messages.subspan(size);
  }
  if (report.end == End::lost || report.end == End::interrupted) connection_.reset();
  return report;
}

void RedisPublisher::publish_window(std::span<const Message> window, PublishReport& report) {
  report.sent += window.size();
  for (const Message& message : window) connection_->append(views(command_of(message)));
  for (std::size_t i = 0; i < window.size(); ++i) {
    count(report, connection_->read_reply());
    if (report.end == End::lost || report.end == End::interrupted) return;
  }
}

std::vector<std::string> RedisPublisher::command_of(const Message& message) const {
  return {"PUBLISH", options_.prefix + std::string(message.channel),
          encode_message(message.fields, message.producer)};
}

std::string RedisPublisher::render(const Message& message) const {
  return format_command(views(command_of(message)));
}

}  // namespace sse::redis
