// In place of uring_sender.cpp where there is no liburing.

#include "sender.hpp"

namespace sse::perf {

std::unique_ptr<Sender> make_uring_sender() { return nullptr; }

}  // namespace sse::perf
