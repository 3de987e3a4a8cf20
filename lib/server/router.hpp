#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "http/request.hpp"
#include "http/stream_head.hpp"
#include "hub/hub.hpp"
#include "server/idempotency.hpp"
#include "server/options.hpp"
#include "server/publication.hpp"
#include "server/replay.hpp"

namespace sse::server {

class Admin;
class Stream;
struct Exchange;
class Shared;

/// What a request's path names below the base path.
struct Target {
  enum class Kind { none, root, admin, inspector, channels } kind = Kind::none;
  std::string_view below;                  ///< the base path, with a slash before it
  std::string_view admin;                  ///< "healthz" of "/-/healthz"
  std::vector<std::string_view> channels;  ///< of "/A,B"; views into the path
};

/// The HTTP surface: decides what a request means, and answers it or makes an event stream
/// of it.
/// Immutable; all workers use the same one.
class Router {
 public:
  Router(Shared& shared, const Admin& admin) : shared_(shared), admin_(admin) {}

  /// The head is complete, the body is still to come: refuses what would be refused anyway, and
  /// asks for the body where the client waits to be asked.
  void head_arrived(Stream& stream, const http::Request& request) const;
  /// The request is complete.
  void handle(Stream& stream, const http::Request& request) const;
  /// What the request waits for did not come in time.
  void gave_up(Stream& stream) const;

 private:
  struct Refusal {
    int status;
    std::string reason;
    http::HeaderList headers;
  };

  using Channels = std::vector<std::shared_ptr<hub::Channel>>;

  Target target(const http::Request& request) const;
  std::optional<Refusal> refusal(const Stream& stream, const http::Request& request,
                                 const Target& target) const;
  std::optional<Refusal> channel_refusal(const http::Request& request, const Target& target) const;
  std::optional<Refusal> admin_refusal(const Stream& stream, const http::Request& request,
                                       const Target& target) const;
  std::optional<Refusal> publish_refusal(const Stream& stream, const http::Request& request) const;
  std::optional<Refusal> body_refusal(const http::Request& request) const;
  std::optional<Refusal> operator_refusal(const Stream& stream, const http::Request& request) const;
  bool is_named_as_ours(const Stream& stream, const http::Request& request) const;
  std::string personal_channel(const http::Request& request) const;
  void refuse(Stream& stream, const http::Request& request, Refusal refusal, bool keep_alive) const;
  void answer(Stream& stream, const http::Request& request, int status,
              std::string_view content_type, std::string_view body,
              http::HeaderList headers = {}) const;
  bool asks_for_inspector(const http::Request& request, const Target& target) const;
  void show_inspector(Stream& stream, const http::Request& request, const Target& target) const;
  void options(Stream& stream, const http::Request& request) const;
  void subscribe(Stream& stream, const http::Request& request, const Target& target) const;
  http::StreamHead head(const http::Request& request, const std::optional<hub::Gap>& gap) const;
  void open(Stream& stream, const http::Request& request, const Channels& channels,
            const hub::StartPoint& from, const hub::Start& start) const;
  void publish(Stream& stream, const http::Request& request, std::string_view channel) const;

  // With Redis behind this server (upstream.cpp).
  bool has_arrived(const Exchange& exchange, const Channels& channels,
                   const hub::StartPoint& from) const;
  std::optional<hub::Seq> own_number(const hub::StartPoint& from) const;
  void await_arrival(Stream& stream, const Channels& channels) const;
  bool reads_history(const Channels& channels, const hub::StartPoint& from,
                     const hub::Start& start) const;
  void subscribe_upstream(Stream& stream, const http::Request& request, const Channels& channels,
                          const hub::StartPoint& from) const;
  void read_history(Stream& stream) const;
  void history_read(Stream& stream, ReplayRound round) const;
  void go_on_replaying(Stream& stream) const;
  void publish_upstream(Stream& stream, const http::Request& request, std::string_view channel,
                        const Publication& publication, const Idempotency& idempotency) const;
  void answer_publisher(Stream& stream, const http::Request& request, std::string_view channel,
                        const Publication& publication, const redis::Receipt& receipt) const;

  Shared& shared_;
  const Admin& admin_;
};

}  // namespace sse::server
