#include "redis/publish_report.hpp"

namespace sse::redis {

void PublishReport::note(End failure, std::string why) {
  if (end != End::done) return;
  end = failure;
  reason = std::move(why);
}

PublishReport open_if_closed(std::optional<Connection>& connection, const RedisUrl& url,
                             const ConnectionOptions& options) {
  using End = PublishReport::End;
  PublishReport report;
  if (connection && connection->is_alive()) return report;
  connection.reset();
  auto opened = Connection::open(url, options);
  if (opened) {
    connection.emplace(*std::move(opened));
    return report;
  }
  const ConnectError& error = opened.error();
  report.note(error.interrupted ? End::interrupted
              : error.refused   ? End::refused
                                : End::not_connected,
              error.message);
  return report;
}

}  // namespace sse::redis
