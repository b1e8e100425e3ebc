// Real numbers as text, without the C library's printf: its floating point part alone is several kilobytes.
#pragma once

#include "esb/base/fixed.hpp"

namespace esb {

inline constexpr int real_digits_max = 17;  // tell any two doubles apart

// The same characters as printf("%.*g", digits, value), for 1 to 17 significant digits; exact for every value.
FixedString<24> real(double value, int digits = real_digits_max);

}  // namespace esb
