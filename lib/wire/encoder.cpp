#include <sse/encoder.hpp>
