#include "counted_new.hpp"

#include <cstdlib>
#include <new>

namespace esb::test {
unsigned long allocations = 0;
}

void* operator new(std::size_t size) {
    ++esb::test::allocations;
    return std::malloc(size);
}
// Replaced as well: the one of a sanitizer would not go with this delete.
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    ++esb::test::allocations;
    return std::malloc(size);
}
void operator delete(void* at) noexcept { std::free(at); }
void operator delete(void* at, std::size_t) noexcept { std::free(at); }
