#include "server/idempotency.hpp"

#include <algorithm>
#include <charconv>

namespace sse::server {
namespace {

constexpr std::size_t kKeyBytesMax = 200;

}  // namespace

Result<Idempotency> read_idempotency(const http::Request& request) {
  Idempotency out;
  const std::string* sequence = request.header("idempotency-sequence");
  const std::string* key = request.header("idempotency-key");
  if (key == nullptr) {
    if (sequence != nullptr) return fail("Idempotency-Sequence: there is no Idempotency-Key");
    return out;
  }
  const auto is_plain = [](char c) { return c > ' ' && c < '\x7f'; };
  if (key->empty() || key->size() > kKeyBytesMax || !std::ranges::all_of(*key, is_plain))
    return fail("Idempotency-Key: must be 1 to 200 characters of visible ASCII");
  out.key = *key;
  if (sequence == nullptr) return out;
  const char* const end = sequence->data() + sequence->size();
  const auto [stop, error] = std::from_chars(sequence->data(), end, out.number);
  if (sequence->empty() || error != std::errc{} || stop != end || out.number == 0)
    return fail("Idempotency-Sequence: must be a number from 1");
  return out;
}

}  // namespace sse::server
