#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "http/request.hpp"
#include "hub/hub.hpp"
#include "server/options.hpp"

namespace sse::server {

class Admin;
class Connection;
struct Shared;

/// What a request's path names below the base path.
struct Target {
  enum class Kind { none, root, admin, channels } kind = Kind::none;
  std::string_view admin;                  ///< "healthz" of "/-/healthz"
  std::vector<std::string_view> channels;  ///< of "/A,B"; views into the path
};

/// The HTTP surface: decides what a request means, and answers it or makes its connection a stream.
/// Immutable; all workers use the same one.
class Router {
 public:
  Router(Shared& shared, const Admin& admin) : shared_(shared), admin_(admin) {}

  /// The head is complete, the body is still to come: refuses what would be refused anyway, and
  /// asks for the body where the client waits to be asked.
  void head_arrived(Connection& connection, const http::Request& request) const;
  /// The request is complete.
  void handle(Connection& connection, const http::Request& request) const;

 private:
  struct Refusal {
    int status;
    std::string reason;
    http::HeaderList headers;
  };

  Target target(const http::Request& request) const;
  std::optional<Refusal> refusal(const Connection& connection, const http::Request& request,
                                 const Target& target) const;
  std::optional<Refusal> channel_refusal(const http::Request& request, const Target& target) const;
  std::optional<Refusal> admin_refusal(const Connection& connection, const http::Request& request,
                                       const Target& target) const;
  std::optional<Refusal> publish_refusal(const Connection& connection,
                                         const http::Request& request) const;
  std::optional<Refusal> body_refusal(const http::Request& request) const;
  std::optional<Refusal> operator_refusal(const Connection& connection,
                                          const http::Request& request) const;
  bool is_named_as_ours(const Connection& connection, const http::Request& request) const;
  void refuse(Connection& connection, const http::Request& request, Refusal refusal,
              bool keep_alive) const;
  void answer(Connection& connection, const http::Request& request, int status,
              std::string_view content_type, std::string_view body,
              http::HeaderList headers = {}) const;
  void options(Connection& connection, const http::Request& request) const;
  void subscribe(Connection& connection, const http::Request& request, const Target& target) const;
  void publish(Connection& connection, const http::Request& request,
               std::string_view channel) const;

  Shared& shared_;
  const Admin& admin_;
};

}  // namespace sse::server
