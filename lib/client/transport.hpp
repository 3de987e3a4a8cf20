#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sse::client {

/// One HTTP request, complete: a transport adds nothing of its own but Host and User-Agent.
struct Request {
  std::string url;  ///< absolute http or https URL
  std::string method = "GET";
  std::optional<std::string> body;   ///< sent again by every request; absent: none
  std::vector<std::string> headers;  ///< whole lines "Name: value", without CR LF
};

/// The final response head of a transfer: redirects and 1xx are behind it.
struct ResponseHead {
  int status = 0;
  std::vector<std::string> content_types;    ///< values in the order received
  std::optional<std::string> retry_after;    ///< the field's value
  std::string url;                           ///< where the redirects led
  std::optional<std::string> mcp_session{};  ///< the value of Mcp-Session-Id
  std::vector<std::string> fields{};         ///< all of the above and the others, "Name: value"
};

/// How a transfer ended.
enum class TransferResult {
  complete,         ///< the response body came to its end
  cut,              ///< a network error after the final response head
  unreachable,      ///< no response: name, connection, TLS handshake, proxy, or no answer
  bad_certificate,  ///< the server's certificate was refused: trying again is futile
  bad_redirect,     ///< redirects that cannot be followed (too many, not http or https)
  not_http,         ///< something answered, but not HTTP
  unusable,         ///< this request cannot be made at all (a CA file that cannot be read, say)
};

struct TransferEnd {
  TransferResult result = TransferResult::complete;
  std::string message;  ///< one clause, empty when complete
};

/// What the receiver of a piece of body wants next.
enum class Flow {
  more,   ///< go on
  pause,  ///< the piece was taken; give no more before Transport::resume()
  stop,   ///< the piece was taken; end the transfer
};

/// The receiver of a transfer. Calls come from the thread that drives the transport.
class TransportListener {
 public:
  virtual ~TransportListener() = default;
  virtual void on_head(const ResponseHead& head) = 0;
  virtual Flow on_body(std::string_view bytes) = 0;
  /// The last call of a transfer; not made after cancel(). A new start() is allowed from here on.
  virtual void on_end(const TransferEnd& end) = 0;
};

/// Makes HTTP requests, one at a time. The one place where EventSource touches the network.
class Transport {
 public:
  virtual ~Transport() = default;
  /// Begins a transfer. `listener` must outlive it. Precondition: none is running.
  virtual void start(const Request& request, TransportListener& listener) = 0;
  /// Ends the running transfer, if any: its listener hears nothing more. Allowed in its callbacks.
  virtual void cancel() = 0;
  /// Goes on after Flow::pause.
  virtual void resume() = 0;
};

}  // namespace sse::client
