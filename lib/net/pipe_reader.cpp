#include "net/pipe_reader.hpp"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cassert>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

namespace sse::net {
namespace {

// Regular files and some devices cannot be waited for.
bool is_pollable(int fd) noexcept {
  const Fd set(::epoll_create1(EPOLL_CLOEXEC));
  epoll_event event{};
  return ::epoll_ctl(set.get(), EPOLL_CTL_ADD, fd, &event) == 0;
}

}  // namespace

Result<Fd> open_for_reading(int fd) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) return fail(std::strerror(errno));
  if (S_ISDIR(status.st_mode)) return fail(std::strerror(EISDIR));
  if (S_ISFIFO(status.st_mode) || ::isatty(fd) == 1) {
    const std::string path = "/proc/self/fd/" + std::to_string(fd);
    Fd own(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
    if (own) return own;
  }
  Fd shared(::fcntl(fd, F_DUPFD_CLOEXEC, 3));
  if (!shared) return fail(std::strerror(errno));
  return shared;
}

// What a read in the thread pool needs; outlives the reader while the read is under way.
struct PipeReader::FileRead {
  uv_fs_t request{};
  Fd fd;
  std::unique_ptr<char[]> buffer = std::make_unique<char[]>(kReadBytes);
  PipeReader* reader = nullptr;
  bool busy = false;
};

void PipeReader::Orphan::operator()(FileRead* read) const noexcept {
  read->reader = nullptr;
  if (!read->busy) delete read;
}

PipeReader::PipeReader(uv_loop_t* loop, Fd fd, Handler& handler)
    : loop_(loop), handler_(handler), fd_(std::move(fd)) {
  if (is_pollable(fd_.get())) {
    poll_.emplace([this] { on_readable(); });
    [[maybe_unused]] const int status = uv_poll_init(loop_, poll_->get(), fd_.get());
    assert(status == 0);
    buffer_ = std::make_unique<char[]>(kReadBytes);
  } else {
    file_.reset(new FileRead);
    file_->fd = std::move(fd_);
    file_->reader = this;
  }
}

PipeReader::~PipeReader() = default;

void PipeReader::resume() noexcept {
  if (ended_ || std::exchange(reading_, true)) return;
  if (file_) return read_file();
  uv_poll_start(poll_->get(), UV_READABLE,
                [](uv_poll_t* poll, int, int) { Handle<uv_poll_t>::fire(poll); });
}

void PipeReader::pause() noexcept {
  reading_ = false;
  if (poll_) uv_poll_stop(poll_->get());
}

void PipeReader::on_readable() noexcept {
  ssize_t size;
  do {
    size = ::read(fd_.get(), buffer_.get(), kReadBytes);
  } while (size < 0 && errno == EINTR);
  if (size < 0 && errno == EAGAIN) return;
  deliver(size, size < 0 ? errno : 0);
}

void PipeReader::read_file() noexcept {
  FileRead& read = *file_;
  if (read.busy || delivering_) return;
  read.busy = true;
  read.request.data = &read;
  const uv_buf_t buffer = uv_buf_init(read.buffer.get(), kReadBytes);
  uv_fs_read(loop_, &read.request, read.fd.get(), &buffer, 1, -1, [](uv_fs_t* request) {
    auto* done = static_cast<FileRead*>(request->data);
    const ssize_t size = request->result;
    done->busy = false;
    uv_fs_req_cleanup(request);
    if (done->reader == nullptr) return delete done;
    done->reader->deliver(size, size < 0 ? static_cast<int>(-size) : 0);
  });
}

void PipeReader::deliver(ssize_t size, int error) noexcept {
  if (size > 0) {
    const char* bytes = file_ ? file_->buffer.get() : buffer_.get();
    delivering_ = true;  // the buffer is the handler's, resume() must not read into it
    handler_.bytes({bytes, static_cast<std::size_t>(size)});
    delivering_ = false;
    if (file_ && reading_) read_file();
    return;
  }
  ended_ = true;
  pause();
  handler_.end(error);
}

}  // namespace sse::net
