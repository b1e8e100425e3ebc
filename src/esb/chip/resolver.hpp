// Host name to address, without blocking.
#pragma once

#include "esb/base/result.hpp"
#include "esb/chip/errors.hpp"
#include "esb/chip/network.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace esb::chip {

// A new answer wakes the reactor.
class Resolver {
public:
    using Query = std::uint32_t;    // a number for each question
    struct Answer {                 // to one question
        Query query;                // which one
        Result<IpAddress> address;  // dns_not_found, dns_failed
    };

    virtual ~Resolver() = default;

    // Starts a look-up of a host name or address literal (at most 253 bytes). `full` when too many are open
    // (two are always possible). Every query gets exactly one answer within 30 s, unless it is cancelled.
    virtual Result<Query> resolve(std::string_view host) = 0;
    virtual std::optional<Answer> next_answer() = 0;
    // No answer will come for this query any more.
    virtual void cancel(Query query) = 0;
};

}  // namespace esb::chip
