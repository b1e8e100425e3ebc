// What a change of settings asks of the network, for the try that follows it.
#pragma once

#include "esb/portal/host.hpp"

namespace esb::portal {

struct Wish {
    chip::Ssid ssid;            // of the network that was named; empty: none
    bool keeps_network = true;  // nothing of Wi-Fi becomes another
};

// Before the change is made.
Wish wish_of(const settings::Patch& patch, const Host& host);
// One of the brokers is set, and there is a key for it.
bool has_broker(const settings::Store& store);

}  // namespace esb::portal
