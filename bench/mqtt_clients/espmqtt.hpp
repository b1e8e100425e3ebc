// espMqttClient with a transport of ours, as its own transports for the chips behave: what both programs with it share.
#pragma once

#include "plan.hpp"

#include <MqttClientSetup.h>
#include <Transport/Transport.h>

namespace bench {

template <typename Transport>
class EspMqtt : public MqttClientSetup<EspMqtt<Transport>> {
public:
    EspMqtt() : MqttClientSetup<EspMqtt>(espMqttClientTypes::UseInternalTask::NO) {
        this->_transport = &transport;
        this->setClientId("bench").setKeepAlive(60);
    }
    void put(unsigned qos) {
        if (this->publish(topic.data(), static_cast<std::uint8_t>(qos), false, payload.data(), payload_size) == 0) {
            give_up("publish");
        }
    }
    void take(unsigned qos) {
        if (this->subscribe(topic.data(), static_cast<std::uint8_t>(qos)) == 0) give_up("subscribe");
    }

    Transport transport;
};

}  // namespace bench
