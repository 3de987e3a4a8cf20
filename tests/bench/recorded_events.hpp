#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "sse-bench/http_session.hpp"

namespace sse::bench::test {

/// Keeps what a session tells, by stream.
class RecordedEvents final : public StreamEvents {
 public:
  struct Record {
    int began = 0;
    Answer answer;
    std::string body;
    OpenFailure failure = OpenFailure::connect;
    std::string end;  ///< empty: it goes on
  };

  void began(std::uint32_t stream) override { ++records_[stream].began; }
  void answered(std::uint32_t stream, const Answer& answer) override {
    records_[stream].answer = answer;
  }
  void received(std::uint32_t stream, std::string_view body) override {
    records_[stream].body += body;
  }
  void ended(std::uint32_t stream, OpenFailure failure, std::string_view reason) override {
    records_[stream].failure = failure;
    records_[stream].end = reason;
  }

  const Record& of(std::uint32_t stream) { return records_[stream]; }

 private:
  std::map<std::uint32_t, Record> records_;
};

}  // namespace sse::bench::test
