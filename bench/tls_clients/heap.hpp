// How much of the heap the program and its libraries hold, and have held at most.
#pragma once

#include <atomic>
#include <cstddef>

namespace bench {

extern std::atomic<std::size_t> heap_now, heap_peak;

}  // namespace bench
