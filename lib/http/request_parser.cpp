#include "http/request_parser.hpp"

#include <algorithm>
#include <cassert>

#include "http/chunked_decoder.hpp"
#include "http/head_guard.hpp"
#include "http/head_rules.hpp"
#include "http/llhttp_head.hpp"

namespace sse::http {
namespace {

// A Content-Length is a promise; memory is only given for what comes.
constexpr std::size_t kBodyReserveMax = 64u << 10;

void clear(Request& request) {
  request.target.clear();
  request.path.clear();
  request.query.clear();
  request.headers.clear();
  std::string().swap(request.body);
  request.has_body = false;
  request.expect_continue = false;
}

}  // namespace

struct RequestParser::Impl {
  explicit Impl(const RequestLimits& request_limits)
      : limits(request_limits), guard(limits, HeadGuard::Section::request), head(request) {}

  Status read_head(std::string_view bytes, std::size_t& consumed);
  Status finish_head();
  Status read_body(std::string_view bytes, std::size_t& consumed);
  Status read_sized_body(std::string_view bytes, std::size_t& consumed);
  Status fail(HttpError why);

  RequestLimits limits;
  Request request;
  HeadGuard guard;
  LlhttpHead head;
  BodyFraming framing;
  std::optional<ChunkedDecoder> chunked;
  Status status = Status::need_input;
  HttpError error;
};

RequestParser::Status RequestParser::Impl::read_head(std::string_view bytes,
                                                     std::size_t& consumed) {
  consumed = guard.scan(bytes);
  // What the guard let pass goes first, so that the earliest fault is the one reported however the
  // bytes were cut.
  if (auto refused = head.feed(bytes.substr(0, consumed))) return fail(std::move(*refused));
  if (guard.error()) return fail(*guard.error());
  if (guard.done() != head.complete()) return fail({400, "malformed request head"});
  return guard.done() ? finish_head() : Status::need_input;
}

RequestParser::Status RequestParser::Impl::finish_head() {
  if (auto refused = apply_head_rules(request, limits, framing)) return fail(std::move(*refused));
  if (framing.chunked) chunked.emplace(limits);
  return Status::head;
}

RequestParser::Status RequestParser::Impl::read_body(std::string_view bytes,
                                                     std::size_t& consumed) {
  if (!chunked) return read_sized_body(bytes, consumed);
  consumed = chunked->decode(bytes, request.body);
  if (chunked->error()) return fail(*chunked->error());
  return chunked->done() ? Status::complete : Status::head;
}

RequestParser::Status RequestParser::Impl::read_sized_body(std::string_view bytes,
                                                           std::size_t& consumed) {
  const auto size = static_cast<std::size_t>(framing.content_length);
  if (request.body.empty()) request.body.reserve(std::min(size, kBodyReserveMax));
  consumed = std::min(bytes.size(), size - request.body.size());
  request.body.append(bytes.substr(0, consumed));
  return request.body.size() == size ? Status::complete : Status::head;
}

RequestParser::Status RequestParser::Impl::fail(HttpError why) {
  error = std::move(why);
  return Status::error;
}

RequestParser::RequestParser(const RequestLimits& limits) : impl_(std::make_unique<Impl>(limits)) {}
RequestParser::~RequestParser() = default;
RequestParser::RequestParser(RequestParser&&) noexcept = default;
RequestParser& RequestParser::operator=(RequestParser&&) noexcept = default;

RequestParser::Status RequestParser::parse(std::string_view bytes, std::size_t& consumed) {
  consumed = 0;
  switch (impl_->status) {
    case Status::need_input:
      return impl_->status = impl_->read_head(bytes, consumed);
    case Status::head:
      impl_->status = impl_->read_body(bytes, consumed);
      return impl_->status == Status::head ? Status::need_input : impl_->status;
    case Status::complete:
    case Status::error:
      break;
  }
  return impl_->status;
}

const Request& RequestParser::request() const { return impl_->request; }
Request& RequestParser::request() { return impl_->request; }

const HttpError& RequestParser::error() const {
  assert(impl_->status == Status::error);
  return impl_->error;
}

void RequestParser::reset() {
  clear(impl_->request);
  impl_->guard = HeadGuard(impl_->limits, HeadGuard::Section::request);
  impl_->head.reset();
  impl_->chunked.reset();
  impl_->framing = {};
  impl_->status = Status::need_input;
}

bool RequestParser::head_started() const { return impl_->guard.started(); }

}  // namespace sse::http
