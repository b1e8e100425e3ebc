// What of Mbed TLS differs between its versions, for the files of this room that are the same for all: `library` is
// `classic` with 2.28 and 3.x, `psa` with 4.
#pragma once

#include "esb/crypto/mbedtls_version.hpp"
#if ESB_MBEDTLS_PSA
#include "esb/crypto/mbedtls_psa.hpp"
namespace esb::crypto {
namespace library = psa;
}
#else
#include "esb/crypto/mbedtls_classic.hpp"
namespace esb::crypto {
namespace library = classic;
}
#endif
