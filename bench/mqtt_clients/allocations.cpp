// Counts what the program and its libraries take from the heap.
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace bench {
extern std::atomic<std::uint64_t> allocations;
std::atomic<std::uint64_t> allocations{0};
}  // namespace bench

extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* at, std::size_t size);

void* malloc(std::size_t size) {
    bench::allocations.fetch_add(1, std::memory_order_relaxed);
    return __libc_malloc(size);
}
void* calloc(std::size_t count, std::size_t size) {
    bench::allocations.fetch_add(1, std::memory_order_relaxed);
    return __libc_calloc(count, size);
}
void* realloc(void* at, std::size_t size) {
    bench::allocations.fetch_add(1, std::memory_order_relaxed);
    return __libc_realloc(at, size);
}
}
