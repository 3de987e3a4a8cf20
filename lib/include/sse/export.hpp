#pragma once

// Marks what libsse.so exports; everything else has hidden visibility.
#define SSE_EXPORT __attribute__((visibility("default")))
