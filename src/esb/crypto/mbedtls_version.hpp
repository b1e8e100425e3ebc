// Which Mbed TLS this is: 2.28 (Debian) and 3.x (ESP-IDF 5) have interfaces of their own for each primitive, 4 (ESP-IDF
// 6) has PSA's alone. What follows from that is in the files *_classic and *_psa of this folder.
#pragma once

#include <mbedtls/version.h>

#define ESB_MBEDTLS_PSA (MBEDTLS_VERSION_NUMBER >= 0x04000000)
