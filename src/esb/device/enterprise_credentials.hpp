// What enterprise networks are joined with, from where brokers' certificates and keys are: the shelf and the device's own keys.
#pragma once

#include "esb/chip/radio.hpp"
#include "esb/device/broker_credentials.hpp"

namespace esb {

class EnterpriseCredentials final : public chip::EnterpriseTrust {
public:
    explicit EnterpriseCredentials(BrokerCredentials& of) : of_(of) {}

    Result<ConstBytes> certificates(const chip::Enterprise::Certificate& name, MutBytes room) override;
    // The device's key leaves the store for the port's memory: the supplicant signs with it by itself.
    Result<Secret<32>> key(const chip::Enterprise::Certificate& name) override;
    bool knows_time() const override;

private:
    BrokerCredentials& of_;
};

}  // namespace esb
