#pragma once

// Marks what libsse.so exports; everything else has hidden visibility.
#if defined(SSE_STATIC)
#define SSE_EXPORT
#else
#define SSE_EXPORT __attribute__((visibility("default")))
#endif
