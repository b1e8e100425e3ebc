// The device's next restart: wanted by whoever, due when what must leave before has left.
#pragma once

#include "esb/base/task.hpp"
#include "esb/device/policy.hpp"
#include "esb/life/factory_reset.hpp"
#include "esb/net/reactor.hpp"

#include <atomic>
#include <optional>

namespace esb {

// request() from any task; the rest from the reactor's.
class Restart final : public Task {
public:
    Restart(net::Reactor& reactor, const Policy& policy) : reactor_(reactor), policy_(policy) {}

    void request() {
        wanted_.store(true);
        reactor_.wake();
    }
    bool wanted() const { return wanted_.load(); }
    // Wipes settings and secrets: noted durably now, done by the restart that this asks for. The identity, the update
    // floor and the key set stay; a new PSK and access-point password are born and printed unless `keep_secrets`.
    Status reset(chip::KeyValue& key_value, bool keep_secrets) {
        ESB_TRY(life::request_factory_reset(key_value, keep_secrets));
        request();
        return {};
    }
    // `sent`: nothing is waiting to leave. It is waited for, at most Policy::restart_grace.
    bool due(bool sent) {
        if (!wanted_.load()) return false;
        const auto now = reactor_.now();
        if (!until_) until_ = after(now, policy_.restart_grace);
        return sent || now >= *until_;
    }

    void step(Instant) override {}
    std::optional<Instant> deadline() const override { return until_; }

private:
    net::Reactor& reactor_;
    const Policy& policy_;
    std::atomic<bool> wanted_{false};
    std::optional<Instant> until_;
};

}  // namespace esb
