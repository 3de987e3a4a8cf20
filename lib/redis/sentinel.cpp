#include "redis/sentinel.hpp"

#include "redis/moved.hpp"

namespace sse::redis {

RedisUrl sentinel_of(const RedisUrl& url, std::size_t index) {
  const RedisAddress& address = url.sentinels[index % url.sentinels.size()];
  RedisUrl out;
  out.host = address.host;
  out.port = address.port;
  return out;
}

Words master_question(const RedisUrl& url) {
  return {"SENTINEL", "get-master-addr-by-name", url.master};
}

Result<RedisUrl> read_master(const RedisUrl& url, const Reply& answer) {
  if (answer.kind == Reply::Kind::other)
    return fail("the sentinel knows no master '" + url.master + "'");
  if (answer.kind != Reply::Kind::array || answer.elements.size() != 2)
    return fail("SENTINEL get-master-addr-by-name: " +
                (answer.text.empty() ? "unexpected reply" : answer.text));
  const auto port = parse_port(answer.elements[1].text);
  if (answer.elements[0].text.empty() || !port)
    return fail("the sentinel's address of the master '" + url.master + "' is not one");
  RedisUrl out = url;
  out.host = answer.elements[0].text;
  out.port = *port;
  return out;
}

Words role_question() { return {"ROLE"}; }

Result<void> check_role(const Reply& answer) {
  if (answer.kind != Reply::Kind::array || answer.elements.empty())
    return fail("ROLE: " + (answer.text.empty() ? "unexpected reply" : answer.text));
  if (answer.elements[0].text != "master")
    return fail("the server the sentinels name is not the master (" + answer.elements[0].text +
                ")");
  return {};
}

tl::expected<RedisUrl, ConnectError> find_master(const RedisUrl& url,
                                                 const ConnectionOptions& options) {
  ConnectError last;
  for (std::size_t i = 0; i < url.sentinels.size(); ++i) {
    const RedisUrl sentinel = sentinel_of(url, i);
    auto connection = Connection::open(sentinel, options);
    if (!connection) {
      last = connection.error();
    } else {
      const Words question = master_question(url);
      const Reply answer = connection->command({question.begin(), question.end()});
      auto master = read_master(url, answer);
      if (master) return *std::move(master);
      last = {.interrupted = answer.kind == Reply::Kind::interrupted,
              .message = master.error().message};
    }
    last.message = masked(sentinel) + ": " + last.message;
    if (last.interrupted) break;
  }
  last.refused = false;  // another time another one may know
  return tl::unexpected(std::move(last));
}

}  // namespace sse::redis
