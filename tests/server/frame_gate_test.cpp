#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "server/http2/frame_gate.hpp"
#include "server/http2_frames.hpp"

using sse::server::FrameGate;
using namespace http2_frames;

namespace {

std::string widen(unsigned stream, const std::string& four_bytes) {
  return frame(update, 0, stream, four_bytes);
}

struct Seen {
  std::string passed;
  std::vector<std::pair<unsigned, unsigned>> updates;
  int control = 0;
  std::size_t continuations = 0;
};

Seen feed(const std::string& input, std::size_t chunk) {
  Seen seen;
  FrameGate gate;
  for (std::size_t at = 0; at < input.size(); at += chunk) {
    std::string_view bytes = std::string_view(input).substr(at, chunk);
    for (;;) {
      const FrameGate::Step step = gate.next(bytes);
      if (step.kind == FrameGate::Kind::need_input) break;
      if (step.kind == FrameGate::Kind::pass) seen.passed += step.bytes;
      if (step.kind == FrameGate::Kind::window_update)
        seen.updates.emplace_back(step.stream, step.value);
      if (step.control) ++seen.control;
      seen.continuations = std::max(seen.continuations, gate.continuations());
    }
    CHECK(bytes.empty());
  }
  return seen;
}

}  // namespace

TEST_CASE("window updates are taken out, however the bytes are cut") {
  const std::string before = kPreface + frame(settings, 0, 0, "") + frame(headers, 5, 1, "head");
  const std::string after = frame(data, 1, 1, std::string(300, 'x'));
  const std::string input =
      before + widen(0, {"\x80\0\x01\0", 4}) + widen(7, {"\x7f\xff\xff\xff", 4}) + after;
  for (const std::size_t chunk : {std::size_t{1}, std::size_t{2}, std::size_t{5}, std::size_t{13},
                                  std::size_t{100}, input.size()}) {
    const Seen seen = feed(input, chunk);
    CHECK(seen.passed == before + after);
    const std::vector<std::pair<unsigned, unsigned>> updates{{0, 256}, {7, 0x7fffffff}};
    CHECK(seen.updates == updates);
    CHECK(seen.control == 1);
  }
}

TEST_CASE("a window update that is an error is left to the library") {
  const std::string longer = frame(update, 0, 1, "12345");
  const std::string in_head = frame(headers, 1, 1, "h") + widen(1, {"\0\0\0\x01", 4});
  for (const std::string& wrong : {longer, in_head}) {
    const Seen seen = feed(kPreface + wrong, 7);
    CHECK(seen.passed == kPreface + wrong);
    CHECK(seen.updates.empty());
  }
}

TEST_CASE("frames that serve nobody are counted, others are not") {
  const std::string costly = frame(ping, 0, 0, "12345678") + frame(reset, 0, 1, "1234") +
                             frame(data, 0, 1, "") + frame(unknown, 0, 0, "x");
  CHECK(feed(kPreface + costly, 50).control == 4);
  const std::string useful =
      frame(headers, 4, 1, "h") + frame(data, 0, 1, "x") + frame(data, 1, 1, "");
  CHECK(feed(kPreface + useful, 50).control == 0);
}

TEST_CASE("continuations are counted for each header block") {
  const std::string block =
      frame(headers, 0, 1, "h") + frame(more, 0, 1, "m") + frame(more, 4, 1, "m");
  const Seen seen = feed(kPreface + block + block, 3);
  CHECK(seen.continuations == 2);
  CHECK(seen.passed == kPreface + block + block);
}

TEST_CASE("a priority is told, and is not for the library") {
  const std::string bytes = kPreface + frame(priority, 0, 5, {"\x80\0\0\x03\x10", 5});
  std::string_view input = bytes;
  FrameGate gate;
  CHECK(gate.next(input).kind == FrameGate::Kind::pass);
  const FrameGate::Step step = gate.next(input);
  CHECK(step.kind == FrameGate::Kind::priority);
  CHECK(step.control);
  CHECK(step.stream == 5);
  CHECK(step.value == 3);
}
