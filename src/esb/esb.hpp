// The one header an author includes.
#pragma once

#include "esb/device/device.hpp"

namespace esb {
using namespace std::chrono_literals;
}
