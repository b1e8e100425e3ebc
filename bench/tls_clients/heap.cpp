#include "bench/tls_clients/heap.hpp"

#include <malloc.h>

namespace bench {
std::atomic<std::size_t> heap_now{0}, heap_peak{0};

namespace {
void* taken(void* at) {
    if (at == nullptr) return at;
    const auto now = heap_now.fetch_add(malloc_usable_size(at)) + malloc_usable_size(at);
    for (auto peak = heap_peak.load(); now > peak && !heap_peak.compare_exchange_weak(peak, now);) {}
    return at;
}
void given(void* at) {
    if (at != nullptr) heap_now.fetch_sub(malloc_usable_size(at));
}
}  // namespace
}  // namespace bench

extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* at, std::size_t size);
void __libc_free(void* at);

void* malloc(std::size_t size) { return bench::taken(__libc_malloc(size)); }
void* calloc(std::size_t count, std::size_t size) { return bench::taken(__libc_calloc(count, size)); }
void* realloc(void* at, std::size_t size) {
    bench::given(at);
    return bench::taken(__libc_realloc(at, size));
}
void free(void* at) {
    bench::given(at);
    __libc_free(at);
}
}
