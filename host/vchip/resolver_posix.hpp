// Name look-ups by the host's resolver, on one helper thread.
#pragma once

#include "esb/chip/clock.hpp"
#include "esb/chip/resolver.hpp"
#include "esb/chip/sockets.hpp"
#include "host/vchip/wait_source.hpp"

#include <functional>
#include <memory>
#include <string>

namespace esb::vchip {

// getaddrinfo(3), IPv4 preferred. Address literals are answered at once, without the thread. A look-up that takes
// longer than 30 s is answered with dns_failed, as are names while `link` is down. Reactor's thread only.
class ThreadResolver final : public chip::Resolver, public WaitSource {
public:
    static constexpr std::size_t max_queries = 4;
    static constexpr Duration longest{30'000};

    using Lookup = std::function<Result<chip::IpAddress>(const std::string& host)>;
    // getaddrinfo(3); blocks.
    static Result<chip::IpAddress> ask_host(const std::string& host);

    // `link` may be null. `lookup` runs on the helper thread.
    ThreadResolver(const chip::Clock& clock, chip::Wake& wake, const StationLink* link, Lookup lookup = ask_host);
    // Does not wait for a look-up that is under way.
    ~ThreadResolver() override;
    ThreadResolver(const ThreadResolver&) = delete;
    ThreadResolver& operator=(const ThreadResolver&) = delete;

    Result<Query> resolve(std::string_view host) override;
    std::optional<Answer> next_answer() override;
    void cancel(Query query) override;

    std::optional<Instant> due() const override;
    void poll() override;

private:
    struct Shared;

    const chip::Clock& clock_;
    chip::Wake& wake_;
    const StationLink* link_;
    std::shared_ptr<Shared> shared_;  // outlives this object when the thread is stuck in a look-up
    bool thread_started_ = false;
};

}  // namespace esb::vchip
