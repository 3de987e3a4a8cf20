#pragma once

#include <curl/curl.h>

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "client/response_head_reader.hpp"
#include "client/transport.hpp"
#include "client/transport_loop.hpp"

namespace sse::client {

/// One libcurl easy handle in the multi handle of a TransportLoop.
class CurlTransport final : public Transport {
 public:
  CurlTransport(TransportLoop& loop, ConnectionOptions options);
  ~CurlTransport() override;

  void start(const Request& request, TransportListener& listener) override;
  void cancel() override;
  void resume() override;

 private:
  friend class TransportLoop;
  struct EasyDeleter {
    void operator()(CURL* easy) const noexcept { ::curl_easy_cleanup(easy); }
  };
  struct ListDeleter {
    void operator()(curl_slist* list) const noexcept { ::curl_slist_free_all(list); }
  };
  using List = std::unique_ptr<curl_slist, ListDeleter>;

  static std::size_t on_header_line(char* data, std::size_t, std::size_t size, void* self) noexcept;
  static std::size_t on_body_piece(char* data, std::size_t, std::size_t size, void* self) noexcept;

  void set_connection_options();
  void set_tls();
  void set_route();
  void set_http_version(const std::string& url);
  void set_optional(CURLoption option, const std::optional<std::string>& value);
  void set_request(const Request& request);
  void set_headers(const Request& request);
  static List make_list(const std::vector<std::string>& entries);
  template <class Value>
  void set(CURLoption option, Value value);

  void detach();
  void finish(CURLcode code);
  TransferEnd describe_end(CURLcode code) const;
  TransferResult classify(CURLcode code) const;

  TransportLoop& loop_;
  ConnectionOptions options_;
  std::unique_ptr<CURL, EasyDeleter> easy_;
  List headers_;
  List resolve_;
  List connect_to_;
  std::array<char, CURL_ERROR_SIZE> error_text_{};
  TransportListener* listener_ = nullptr;
  ResponseHeadReader reader_;
  CURLcode setup_ = CURLE_OK;  // the first option libcurl refused
  bool attached_ = false;
  bool cancelled_ = false;
  bool paused_ = false;
};

}  // namespace sse::client
