// ESP32 Secure Base under the name that Arduino looks for. A sketch is
//
//   #include <ESPSecureBase.h>
//   void setup() { esb::begin(); }
//   void loop() {}
//
// and beside it a main.cpp with ESB_APP and esb_main(), as everywhere (docs/arduino.md).
#pragma once

#include "esb/esb.hpp"

namespace esb {

// Starts the base in a task of its own, once; esb_main() is called from there. Called from setup().
void begin();

}  // namespace esb
