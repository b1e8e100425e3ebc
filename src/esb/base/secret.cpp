#include "esb/base/secret.hpp"

namespace esb {

void wipe(MutBytes bytes) {
    volatile std::uint8_t* p = bytes.data();
    for (std::size_t i = 0; i < bytes.size(); ++i) p[i] = 0;
}

}  // namespace esb
