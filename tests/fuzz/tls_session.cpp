// A TLS session as retained memory may hold it: noise, or (first byte odd) something sealed by a good CRC, which then is
// put before Mbed TLS. Whatever is found lies within the room and is found again.
#include "esb/net/tls_library.hpp"
#include "esb/net/tls_session.hpp"

#include <cstdlib>
#include <vector>

namespace {

using namespace esb;

constexpr net::SessionBinding binding{1, 2, 3};
constexpr UnixTime now{1'800'000'000};

void require(bool condition) {
    if (!condition) std::abort();
}

void offer(ConstBytes session) {
    mbedtls_ssl_config config;
    mbedtls_ssl_context ssl;
    mbedtls_ssl_config_init(&config);
    mbedtls_ssl_init(&ssl);
    require(net::prepare_crypto());
    const int made = mbedtls_ssl_config_defaults(&config, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM,
                                                 MBEDTLS_SSL_PRESET_DEFAULT);
    require(made == 0);
    net::set_rules(config, net::TlsTrust::ca, false);
    require(mbedtls_ssl_setup(&ssl, &config) == 0);
    static_cast<void>(net::offer_session(ssl, session));
    mbedtls_ssl_free(&ssl);
    mbedtls_ssl_config_free(&config);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    std::vector<std::uint8_t> room(data + 1, data + size);
    if (data[0] % 2 == 1) {
        room.assign(size - 1 + 46, 0);
        net::TlsSessionStore store{room};
        copy({data + 1, size - 1}, store.place());
        static_cast<void>(store.keep(binding, now + UnixTime(60), size - 1));
    }
    const net::TlsSessionStore store{room};
    const auto found = store.find(binding, now);
    if (data[0] % 2 == 1) require(found.has_value() == (size > 1));
    if (!found) return 0;
    require(found->bytes.data() >= room.data() && found->bytes.data() + found->bytes.size() <= room.data() + room.size());
    offer(found->bytes);
    require(store.find(binding, now).has_value());
    return 0;
}
