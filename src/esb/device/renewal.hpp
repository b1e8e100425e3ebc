// Renews the device's own certificate before it expires: after two thirds of its life, a device earlier, another later.
//
// A new certificate is for a new key, beside the present one: both keys and both certificates are in flash before the
// setting mqtt.0.cert changes, and that is one step, on trial until the broker has let the device in with it. Whatever
// fails, or whenever the power goes, the one before is in use.
#pragma once

#include "esb/base/backoff.hpp"
#include "esb/base/task.hpp"
#include "esb/device/broker_credentials.hpp"
#include "esb/device/est_client.hpp"

#include <optional>

namespace esb {

class Renewal final : public Task, private EnrollListener {
public:
    static constexpr Duration first_pause = std::chrono::hours(1);
    static constexpr Duration longest_pause = std::chrono::hours(24);

    struct Parts {
        chip::Chip& chip;
        net::Reactor& reactor;
        net::Names& names;
        const settings::Store& store;
        const settings::Schema& schema;
        const Identity& identity;
        BrokerCredentials& credentials;
        ConfigChanges& config;
        const std::atomic<bool>& online;
        Voice& voice;
    };
    explicit Renewal(const Parts& parts)
        : parts_(parts), client_(parts.reactor, parts.names, parts.chip.entropy, parts.credentials.first_broker()) {}

    void step(Instant now) override;
    std::optional<Instant> deadline() const override;

    // When the present certificate is due; empty when there is none, or no server for it.
    std::optional<UnixTime> due() const;
    bool asking() const { return client_.active(); }

private:
    void on_enrolled(Result<ConstBytes> certificates) override;
    Status begin();
    Status install(ConstBytes certificates);
    void failed(const Error& why);

    Parts parts_;
    EstClient client_;
    std::optional<Instant> at_;  // when to look again
    Backoff backoff_{first_pause, longest_pause};
    bool answered_ = false;  // its memory can go
};

}  // namespace esb
