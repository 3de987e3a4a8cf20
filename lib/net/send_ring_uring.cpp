#include <liburing.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include "net/send_ring.hpp"

namespace sse::net {
namespace {

/// The most descriptors the kernel lets a ring register.
constexpr rlim_t kFilesMax = 1u << 20;
/// Best first: work of completions is done when we ask for them and for one thread only (Linux
/// 6.1), then what any kernel takes that can suppress completions (5.18).
constexpr std::array<unsigned, 2> kSetups = {
    IORING_SETUP_SUBMIT_ALL | IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN,
    IORING_SETUP_SUBMIT_ALL};

unsigned files_max() noexcept {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  return static_cast<unsigned>(std::min(limit.rlim_cur, kFilesMax));
}

}  // namespace

struct SendRing::Ring {
  ~Ring() {
    if (opened) io_uring_queue_exit(&ring);
  }

  bool is_registered(int fd) const noexcept {
    return static_cast<std::size_t>(fd) < registered.size() &&
           registered[static_cast<std::size_t>(fd)];
  }
  void set_file(int fd, int to) noexcept {
    const auto slot = static_cast<std::size_t>(fd);
    if (slot >= registered.size()) return;
    registered[slot] =
        io_uring_register_files_update(&ring, static_cast<unsigned>(fd), &to, 1) == 1 && to >= 0;
  }

  io_uring ring{};
  bool opened = false;
  bool broken = false;
  std::vector<bool> registered;  ///< by descriptor, which is also its place in the kernel's table
  std::array<Sent, kBatch> sent{};
  std::size_t size = 0;
};

Result<std::unique_ptr<SendRing>> SendRing::open() {
  auto ring = std::make_unique<Ring>();
  int error = 0;
  for (const unsigned flags : kSetups) {
    error = io_uring_queue_init(kBatch, &ring->ring, flags);
    if (error != -EINVAL) break;
  }
  if (error != 0) return fail(std::string("io_uring: ") + std::strerror(-error));
  ring->opened = true;
  if ((ring->ring.features & IORING_FEAT_CQE_SKIP) == 0)
    return fail("io_uring: needs Linux 5.18 or later");
  const unsigned files = files_max();
  if (io_uring_register_files_sparse(&ring->ring, files) == 0) ring->registered.resize(files);
  return std::unique_ptr<SendRing>(new SendRing(std::move(ring)));
}

SendRing::SendRing(std::unique_ptr<Ring> ring) : ring_(std::move(ring)) {}
SendRing::~SendRing() = default;

void SendRing::add(int fd) noexcept { ring_->set_file(fd, fd); }

void SendRing::remove(int fd) noexcept {
  if (ring_->is_registered(fd)) ring_->set_file(fd, -1);
}

// A send that the socket cannot take whole fails at once and says how much it took (WAITALL with
// DONTWAIT); only those that fail are reported.
void SendRing::push(int fd, std::string_view bytes) noexcept {
  io_uring_sqe* const entry = io_uring_get_sqe(&ring_->ring);
  io_uring_prep_send(entry, fd, bytes.data(), bytes.size(),
                     MSG_DONTWAIT | MSG_WAITALL | MSG_NOSIGNAL);
  unsigned flags = IOSQE_CQE_SKIP_SUCCESS;
  if (ring_->is_registered(fd)) flags |= IOSQE_FIXED_FILE;
  io_uring_sqe_set_flags(entry, flags);
  entry->user_data = ring_->size;
  const auto asked = static_cast<int>(bytes.size());
  ring_->sent[ring_->size++] = {asked, asked};
}

std::size_t SendRing::size() const noexcept { return ring_->size; }

std::span<const SendRing::Sent> SendRing::submit() noexcept {
  Ring& ring = *ring_;
  const std::size_t size = std::exchange(ring.size, 0);
  int taken = 0;
  do {
    taken = io_uring_submit_and_get_events(&ring.ring);
  } while (taken == -EINTR);
  // What the kernel did not take was not sent.
  for (auto i = static_cast<std::size_t>(std::max(taken, 0)); i < size; ++i) {
    ring.sent[i].sent = -EAGAIN;
    ring.broken = true;
  }
  unsigned head = 0;
  unsigned seen = 0;
  io_uring_cqe* completion = nullptr;
  io_uring_for_each_cqe(&ring.ring, head, completion) {
    ring.sent[completion->user_data].sent = completion->res;
    ++seen;
  }
  io_uring_cq_advance(&ring.ring, seen);
  return {ring.sent.data(), size};
}

bool SendRing::is_broken() const noexcept { return ring_->broken; }

}  // namespace sse::net
