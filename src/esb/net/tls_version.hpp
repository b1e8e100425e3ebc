// What of TLS and X.509 differs between the versions of Mbed TLS, each in a file of its own: 2.28 (Debian), 3.x (ESP-IDF
// 5), 4 (ESP-IDF 6). All of them have the same names in `version`.
#pragma once

#include <mbedtls/version.h>

#if MBEDTLS_VERSION_NUMBER >= 0x04000000
#include "esb/net/tls_version_4.hpp"
#elif MBEDTLS_VERSION_NUMBER >= 0x03000000
#include "esb/net/tls_version_3.hpp"
#else
#include "esb/net/tls_version_2.hpp"
#endif
