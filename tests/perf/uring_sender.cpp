#include <liburing.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>

#include "sender.hpp"

namespace sse::perf {
namespace {

constexpr unsigned kBatch = 256;  // sends per system call
constexpr rlim_t kFilesMax = 1u << 20;

unsigned files_max() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return static_cast<unsigned>(std::min(limit.rlim_cur, kFilesMax));
}

// Sockets are registered under their own number, which spares the kernel a look-up and a reference
// count per send. A send that succeeds leaves no completion.
class UringSender final : public Sender {
 public:
  ~UringSender() override {
    if (ready_) ::io_uring_queue_exit(&ring_);
  }

  bool start() {
    constexpr unsigned kFlags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN;
    ready_ = ::io_uring_queue_init(kBatch, &ring_, kFlags) == 0;
    return ready_ && ::io_uring_register_files_sparse(&ring_, files_max()) == 0;
  }

  void add(int fd) override { register_as(fd, fd); }
  void remove(int fd) override { register_as(fd, -1); }

  std::vector<int> send(const std::vector<int>& fds, std::string_view bytes) override {
    std::vector<int> behind;
    for (const int fd : fds) {
      prepare(fd, bytes);
      if (::io_uring_sq_space_left(&ring_) == 0) submit(behind);
    }
    submit(behind);
    return behind;
  }

 private:
  void register_as(int slot, int fd) {
    ::io_uring_register_files_update(&ring_, static_cast<unsigned>(slot), &fd, 1);
  }

  // MSG_DONTWAIT: the send is over, one way or the other, when the submission is. MSG_WAITALL makes
  // a short one a failure, so that it leaves a completion.
  void prepare(int fd, std::string_view bytes) {
    io_uring_sqe* entry = ::io_uring_get_sqe(&ring_);
    ::io_uring_prep_send(entry, fd, bytes.data(), bytes.size(),
                         MSG_DONTWAIT | MSG_NOSIGNAL | MSG_WAITALL);
    entry->flags |= IOSQE_FIXED_FILE | IOSQE_CQE_SKIP_SUCCESS;
    entry->user_data = static_cast<unsigned>(fd);
  }

  void submit(std::vector<int>& behind) {
    ::io_uring_submit_and_get_events(&ring_);
    io_uring_cqe* failed = nullptr;
    while (::io_uring_peek_cqe(&ring_, &failed) == 0) {
      behind.push_back(static_cast<int>(failed->user_data));
      ::io_uring_cqe_seen(&ring_, failed);
    }
  }

  io_uring ring_{};
  bool ready_ = false;
};

}  // namespace

std::unique_ptr<Sender> make_uring_sender() {
  auto sender = std::make_unique<UringSender>();
  if (!sender->start()) return nullptr;
  return sender;
}

}  // namespace sse::perf
