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
void operator delete(void* at) noexcept { std::free(at); }
void operator delete(void* at, std::size_t) noexcept { std::free(at); }
