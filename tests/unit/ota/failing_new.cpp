#include "failing_new.hpp"

#include <new>
#include <optional>

namespace {
std::optional<std::size_t> refused;
}  // namespace

void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    const bool is_refused = refused && (*refused == esb::test::NoMemory::any || *refused == size);
    return is_refused ? nullptr : ::operator new(size);
}

namespace esb::test {

NoMemory::NoMemory(std::size_t of_size) { refused = of_size; }
NoMemory::~NoMemory() { refused.reset(); }

}  // namespace esb::test
