// Hands the resolver's answers to whoever asked.
#pragma once

#include "esb/chip/resolver.hpp"
#include "esb/net/reactor.hpp"

#include <cstddef>
#include <string_view>

namespace esb::net {

class Names : public Task {
public:
    class Asker {
    public:
        virtual ~Asker() = default;
        virtual void on_address(Result<chip::IpAddress> address) = 0;
    };

    Names(Reactor& reactor, chip::Resolver& resolver);
    ~Names() override;

    // One answer follows, never from within this call. `full`; too_long beyond 253 bytes.
    Status ask(std::string_view host, Asker& asker);
    // The asker gets no answer any more.
    void cancel(Asker& asker);

    void step(Instant now) override;
    std::optional<Instant> deadline() const override { return std::nullopt; }

private:
    struct Open {
        chip::Resolver::Query query = 0;
        Asker* asker = nullptr;
    };
    static constexpr std::size_t max_open = 4;

    Reactor& reactor_;
    chip::Resolver& resolver_;
    FixedVector<Open, max_open> open_;
};

}  // namespace esb::net
