// A certificate authority in the test's own process (Mbed TLS), for certificates of any time.
#pragma once

#include "esb/base/bytes.hpp"
#include "esb/base/time.hpp"
#include "host/cli/library.hpp"
#include "tests/support/mbedtls_writer.hpp"

#include <mbedtls/oid.h>
#include <mbedtls/pk.h>
#include <mbedtls/x509_crt.h>
#include <mbedtls/x509_csr.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

namespace esb::test {

class FakeCa {
public:
    using Der = std::vector<std::uint8_t>;

    explicit FakeCa(std::uint64_t seed = 7);
    ~FakeCa() { mbedtls_pk_free(&key_); }
    FakeCa(const FakeCa&) = delete;
    FakeCa& operator=(const FakeCa&) = delete;

    Der certificate;

    // For a device's request.
    Der device(ConstBytes request, UnixTime from, UnixTime until);
    // A server's, with its new key in `key` and the private number of it.
    Der server(const std::string& host, mbedtls_pk_context& key, cli::library::Scalar* number = nullptr);
    // PKCS#7, certs-only (RFC 5652).
    static Der wrap(const Der& one);

private:
    static int random(void* self, unsigned char* out, std::size_t size);
    static Der join(std::initializer_list<Der> parts);
    static Der value(std::uint8_t tag, const Der& content);
    static std::string text(UnixTime at);
    cli::library::Scalar make_key(mbedtls_pk_context& key);
    Der issue(mbedtls_pk_context& subject, const std::string& name, UnixTime from, UnixTime until, bool authority,
              const std::string& host);

    mbedtls_pk_context key_{};
    std::uint64_t random_;
    std::uint8_t serial_ = 0;
};

}  // namespace esb::test
