// chip::RetainedRam in RTC memory.
#pragma once

#include "esb/chip/retained_ram.hpp"

namespace esb::chip::esp32 {

// RTC memory keeps its contents over every reset but the loss of power. Another image's linker may place the area
// elsewhere: then it reads as arbitrary bytes, as after power-on.
class RetainedRam final : public chip::RetainedRam {
public:
    MutBytes bytes() override;
};

}  // namespace esb::chip::esp32
