#include "sse-bench/connection.hpp"

namespace sse::bench {

Result<void> Connection::send() {
  std::string_view bytes;
  while (transport.ready() && !(bytes = session->output()).empty())
    if (auto queued = transport.queue(bytes); !queued) return queued;
  return transport.flush();
}

Result<void> Connection::process(ReadBuffer& buffer) {
  for (;;) {
    const auto bytes = transport.next(buffer);
    if (!bytes) return tl::unexpected(bytes.error());
    if (bytes->empty()) return send();
    if (auto taken = session->receive(*bytes); !taken) return taken;
  }
}

void Connection::close() noexcept {
  session.reset();
  transport = Transport();
  phase = Phase::closed;
}

}  // namespace sse::bench
