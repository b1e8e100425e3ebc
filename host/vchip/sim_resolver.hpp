// Host names of a simulated network, from a table.
#pragma once

#include "esb/chip/resolver.hpp"
#include "esb/chip/sockets.hpp"
#include "host/vchip/sim_world.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace esb::vchip {

// Dotted quads are answered at once, names after their delay; a name that is not in the table is dns_not_found.
// While `link` is down, and when a name is silent, the answer is dns_failed.
class SimResolver final : public chip::Resolver, public WaitSource {
public:
    static constexpr std::size_t max_queries = 4;
    static constexpr Duration silence{30'000};

    // `link` may be null.
    SimResolver(SimWorld& world, chip::Wake& wake, const StationLink* link = nullptr);
    ~SimResolver() override;
    SimResolver(const SimResolver&) = delete;
    SimResolver& operator=(const SimResolver&) = delete;

    void set(const std::string& host, Result<chip::IpAddress> answer, Duration delay = Duration(5));
    // No name server answers for this name: dns_failed after 30 s.
    void set_silent(const std::string& host) { set(host, fail(errors::dns_failed), silence); }
    // Look-ups so far, literals included.
    std::size_t asked() const { return last_; }
    // Forgets what is open, as the loss of power does.
    void power_off() { open_.clear(); }

    Result<Query> resolve(std::string_view host) override;
    std::optional<Answer> next_answer() override;
    void cancel(Query query) override;

    std::optional<Instant> due() const override;
    void poll() override;

private:
    struct Record {
        Result<chip::IpAddress> answer;
        Duration delay;
    };
    struct Open {
        Answer answer;
        Instant at;
        bool announced = false;
    };

    SimWorld& world_;
    chip::Wake& wake_;
    const StationLink* link_;
    std::map<std::string, Record, std::less<>> table_;
    std::vector<Open> open_;
    Query last_ = 0;
};

}  // namespace esb::vchip
