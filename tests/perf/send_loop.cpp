#include <sys/socket.h>

#include "sender.hpp"

namespace sse::perf {
namespace {

class SendLoop final : public Sender {
 public:
  void add(int) override {}
  void remove(int) override {}

  std::vector<int> send(const std::vector<int>& fds, std::string_view bytes) override {
    std::vector<int> behind;
    for (const int fd : fds)
      if (::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) !=
          static_cast<ssize_t>(bytes.size()))
        behind.push_back(fd);
    return behind;
  }
};

}  // namespace

std::unique_ptr<Sender> make_send_loop() { return std::make_unique<SendLoop>(); }

}  // namespace sse::perf
