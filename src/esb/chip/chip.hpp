// Everything hardware gives, in one struct of references. A port fills it; only device/ sees it whole.
#pragma once

#include "esb/chip/button.hpp"
#include "esb/chip/clock.hpp"
#include "esb/chip/entropy.hpp"
#include "esb/chip/key_value.hpp"
#include "esb/chip/radio.hpp"
#include "esb/chip/resolver.hpp"
#include "esb/chip/retained_ram.hpp"
#include "esb/chip/slots.hpp"
#include "esb/chip/sockets.hpp"
#include "esb/chip/system.hpp"
#include "esb/chip/uart.hpp"
#include "esb/chip/wire.hpp"

namespace esb::chip {

// The referenced objects outlive the Device that uses them. They are used from the reactor's task (base/task.hpp), but for
// what each says itself.
struct Chip {
    Slots& slots;               // the two places of firmware
    KeyValue& key_value;        // what survives restarts
    Radio& radio;               // Wi-Fi
    Sockets& sockets;           // TCP and UDP, and the reactor's waiting
    Resolver& resolver;         // DNS
    Uart& uart;                 // the serial console
    Entropy& entropy;           // random bytes
    Clock& clock;               // time since the start, and of day
    RetainedRam& retained_ram;  // what survives a restart, but no loss of power
    Button& button;             // the one of the case
    System& system;             // restart, heap, watchdog
    Wire* wire = nullptr;       // Ethernet; null on a board without a socket
};

}  // namespace esb::chip
