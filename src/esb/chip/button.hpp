// The one button a device may have (ESP boards: BOOT).
#pragma once

namespace esb::chip {

class Button {  // the one of the case: brief opens the set-up page, long is a factory reset
public:
    virtual ~Button() = default;

    // True while it is held. Asked at every turn of the reactor; a change should wake the reactor.
    // A board without a button always answers false. Debouncing and press lengths are the caller's.
    virtual bool pressed() const = 0;
};

}  // namespace esb::chip
