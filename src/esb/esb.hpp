// The one header an author includes.
#pragma once

#include "esb/device/app.hpp"
#include "esb/device/device.hpp"

#include <chrono>

namespace esb {
using namespace std::chrono_literals;
}
