// Memory that cannot be had: of all that is asked for without exceptions, or of blocks of one size.
#pragma once

#include <cstddef>

namespace esb::test {

class NoMemory {
public:
    static constexpr std::size_t any = 0;
    explicit NoMemory(std::size_t of_size = any);
    ~NoMemory();
    NoMemory(const NoMemory&) = delete;
    NoMemory& operator=(const NoMemory&) = delete;
};

}  // namespace esb::test
