#include "sse-bench/event_scanner.hpp"

#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

using sse::bench::EventScanner;
using sse::bench::kStampSize;
using sse::bench::PayloadCodec;
using sse::bench::ScannedEvent;
using sse::bench::ScanState;
using Reading = PayloadCodec::Reading;

namespace {

using Found = std::vector<std::pair<Reading, std::uint32_t>>;

const PayloadCodec kCodec(80, 0xabcd);

std::string payload(std::uint32_t seq) { return kCodec.encode({1000 + seq, seq}); }

void scan_piece(ScanState& state, std::string_view piece, Found& found) {
  // An exact-size heap buffer lets the address sanitizer see a read beyond the piece.
  const std::vector<char> exact(piece.begin(), piece.end());
  std::string_view rest(exact.data(), exact.size());
  ScannedEvent event;
  while (EventScanner(kCodec).next(state, rest, event))
    found.emplace_back(event.reading, event.reading == Reading::valid ? event.stamp.seq : 0);
}

// All ways of cutting the stream must find the same.
Found scan(const std::string& stream) {
  ScanState whole_state;
  Found whole;
  scan_piece(whole_state, stream, whole);
  ScanState byte_state;
  Found bytes;
  for (const char c : stream) scan_piece(byte_state, std::string_view(&c, 1), bytes);
  CHECK(bytes == whole);
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    ScanState state;
    Found found;
    scan_piece(state, std::string_view(stream).substr(0, cut), found);
    scan_piece(state, std::string_view(stream).substr(cut), found);
    CAPTURE(cut);
    CHECK(found == whole);
  }
  return whole;
}

Found valid(std::initializer_list<std::uint32_t> seqs) {
  Found out;
  for (const std::uint32_t seq : seqs) out.emplace_back(Reading::valid, seq);
  return out;
}

}  // namespace

TEST_CASE("stamped events are found with any line ends and beside any fields") {
  CHECK(scan("data: " + payload(1) + "\n\n") == valid({1}));
  CHECK(scan("data:" + payload(2) + "\r\n\r\n") == valid({2}));
  CHECK(scan("data: " + payload(3) + "\r\rdata: " + payload(4) + "\r\n\n") == valid({3, 4}));
  CHECK(scan("id: 5\nevent: news\ndata: " + payload(5) + "\nretry: 3000\n\n") == valid({5}));
  CHECK(scan(": comment\n\nid: 1\n\ndata: " + payload(6) + "\n\n: more\n\n\n") == valid({6}));
  CHECK(scan("data: " + payload(7) + "\n\ndata: " + payload(8) + "\n\n") == valid({7, 8}));
}

TEST_CASE("an event counts only when its blank line has come") {
  CHECK(scan("data: " + payload(1) + "\n").empty());
  CHECK(scan("data: " + payload(1)).empty());
}

TEST_CASE("an LF after a CR ends no second line") {
  CHECK(scan("data: " + payload(1) + "\r\ndata: x\r\n\r\n") == Found{{Reading::corrupt, 0}});
}

TEST_CASE("events of others are foreign") {
  CHECK(scan("data: hello\n\n") == Found{{Reading::foreign, 0}});
  CHECK(scan("data\n\n") == Found{{Reading::foreign, 0}});
  CHECK(scan("data: " + PayloadCodec(80, 1).encode({1, 1}) + "\n\n") ==
        Found{{Reading::foreign, 0}});
  CHECK(scan("database: " + payload(1) + "\n\n").empty());
  CHECK(scan("dat: " + payload(1) + "\n\n").empty());
  CHECK(scan(" data: " + payload(1) + "\n\n").empty());
}

TEST_CASE("what was changed on the way is corrupt") {
  const std::string good = payload(9);
  for (std::size_t i = kStampSize; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = '#';
    CAPTURE(i);
    CHECK(scan("data: " + bad + "\n\n") == Found{{Reading::corrupt, 0}});
  }
  CHECK(scan("data: " + good + "x\n\n") == Found{{Reading::corrupt, 0}});
  CHECK(scan("data: " + good.substr(0, 79) + "\n\n") == Found{{Reading::corrupt, 0}});
  CHECK(scan("data: " + good.substr(0, kStampSize) + "\n\n") == Found{{Reading::corrupt, 0}});
  CHECK(scan("data: " + good + "\ndata: " + good + "\n\n") == Found{{Reading::corrupt, 0}});
  CHECK(scan("data: more\ndata: " + good + "\n\n") == Found{{Reading::corrupt, 0}});
  std::string bad = good;
  bad[5] = bad[5] == '1' ? '2' : '1';
  CHECK(scan("data: " + bad + "\n\ndata: " + good + "\n\n") ==
        Found{{Reading::corrupt, 0}, {Reading::valid, 9}});
}
