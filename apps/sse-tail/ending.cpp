#include "ending.hpp"

namespace sse::tail {

cli::Exit exit_for(client::ErrorKind error, bool wanted_more) noexcept {
  using enum client::ErrorKind;
  switch (error) {
    case ended:
    case no_content:
    case answered:
    case interrupted:
      return wanted_more ? cli::Exit::ended_early : cli::Exit::ok;
    case lost:
      return cli::Exit::ended_early;
    case idle:
      return cli::Exit::time_limit;
    case unreachable:
      return cli::Exit::connect;
    case refused:
      return cli::Exit::refused;
    case not_event_stream:
      return cli::Exit::not_event_stream;
    case limit:
    case unusable:
      break;
  }
  return cli::Exit::failure;
}

}  // namespace sse::tail
