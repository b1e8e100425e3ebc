#include "host/vchip/entropy_posix.hpp"

#include <cerrno>

#include <sys/random.h>

namespace esb::vchip {

Status HostEntropy::fill(MutBytes out) {
    while (!out.empty()) {
        const ssize_t got = getrandom(out.data(), out.size(), 0);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return fail(errors::no_entropy, errno);
        out = out.subspan(static_cast<std::size_t>(got));
    }
    return {};
}

}  // namespace esb::vchip
