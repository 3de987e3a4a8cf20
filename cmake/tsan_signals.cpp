// Part of every program built with ThreadSanitizer. Up to LLVM 14 it makes its record of a thread's
// signals when the thread first blocks, and forgets a signal that comes at that very moment (a
// SIGCHLD in the first milliseconds, say). So the main thread blocks before anything is started.

#include <unistd.h>

namespace {
[[gnu::constructor]] void block_once() { ::usleep(1); }
}  // namespace
