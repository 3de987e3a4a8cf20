#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include <doctest/doctest.h>

#include "base/fd.hpp"
#include "stdout_sink.hpp"

using sse::Fd;
using sse::tail::StdoutSink;

namespace {

struct Ends {
  Fd reader, writer;
};

Ends make_pipe() {
  int fds[2];
  REQUIRE(::pipe(fds) == 0);
  return {Fd(fds[0]), Fd(fds[1])};
}

Ends make_socketpair() {
  int fds[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
  return {Fd(fds[0]), Fd(fds[1])};
}

std::string read_all_now(int fd) {
  ::fcntl(fd, F_SETFL, O_NONBLOCK);
  std::string all(1 << 20, '\0');
  const auto count = ::read(fd, all.data(), all.size());
  all.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  return all;
}

}  // namespace

TEST_CASE("a full reader blocks the sink without blocking the program, and loses nothing") {
  for (Ends (*make)() : {&make_pipe, &make_socketpair}) {
    Ends ends = make();
    StdoutSink sink(ends.writer.get());
    std::string text;
    for (int i = 0; i < 300'000; ++i) text += static_cast<char>('a' + i % 23);
    sink.buffer() = text;
    CHECK(sink.flush() == StdoutSink::State::good);
    CHECK(sink.blocked());
    CHECK((::fcntl(ends.writer.get(), F_GETFL) & O_NONBLOCK) == 0);  // shared with others
    std::string got;
    while (sink.blocked()) {
      got += read_all_now(ends.reader.get());
      REQUIRE(sink.flush() == StdoutSink::State::good);
    }
    got += read_all_now(ends.reader.get());
    CHECK(got == text);
  }
}

TEST_CASE("a reader that left is noticed by a write and without one") {
  ::signal(SIGPIPE, SIG_IGN);
  for (Ends (*make)() : {&make_pipe, &make_socketpair}) {
    Ends ends = make();
    StdoutSink sink(ends.writer.get());
    CHECK(sink.check_reader() == StdoutSink::State::good);
    ends.reader.reset();
    CHECK(sink.check_reader() == StdoutSink::State::reader_gone);
    StdoutSink other(ends.writer.get());
    other.buffer() = "x";
    CHECK(other.flush() == StdoutSink::State::reader_gone);
  }
}

TEST_CASE("an output that cannot be written fails with the system's words") {
  const Fd full(::open("/dev/full", O_WRONLY));
  REQUIRE(full);
  StdoutSink sink(full.get());
  sink.buffer() = "x";
  CHECK(sink.flush() == StdoutSink::State::failed);
  CHECK(sink.error() == "No space left on device");
  StdoutSink closed(9999);
  closed.buffer() = "x";
  CHECK(closed.flush() == StdoutSink::State::failed);
}
