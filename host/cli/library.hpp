// What the operator's tools take of Mbed TLS where its versions differ: 2.28 and 3.x in library_classic.hpp, 4 in
// library_psa.hpp. Each function is false, or not 0, when it has failed.
#pragma once

#include <mbedtls/version.h>

#if MBEDTLS_VERSION_NUMBER >= 0x04000000
#include "host/cli/library_psa.hpp"
#else
#include "host/cli/library_classic.hpp"
#endif
