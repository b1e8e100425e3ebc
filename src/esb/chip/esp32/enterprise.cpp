#include "esb/chip/esp32/enterprise.hpp"

#include "esb/base/pem.hpp"

#include <new>
#include <utility>

#include <esp_eap_client.h>
#include <esp_idf_version.h>

// The supplicant compares the server's name from these versions on.
#define ESB_IDF_COMPARES_NAMES                               \
    (ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 4, 3) ||      \
     (ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 3, 4) && ESP_IDF_VERSION < ESP_IDF_VERSION_VAL(5, 4, 0)))

namespace esb::chip::esp32 {
namespace {

constexpr std::size_t der_max = 3072;   // what a setting can hold
constexpr std::size_t text_max = 4352;  // the same as PEM, with the zero that Mbed TLS wants behind it

Status checked(esp_err_t code) {
    if (code != ESP_OK) return fail(errors::radio_failed, code);
    return {};
}

template <typename Text>
const unsigned char* octets(const Text& text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}
template <typename Text>
int length(const Text& text) {
    return static_cast<int>(text.size());
}

Status compare_name([[maybe_unused]] const Enterprise& with) {
#if ESB_IDF_COMPARES_NAMES
    return checked(esp_eap_client_set_domain_name(with.server.c_str()));
#else
    return fail(errors::radio_no_server_name);
#endif
}

}  // namespace

Status EnterpriseClient::use(const Enterprise& with) {
    forget();
    if (with.method == Eap::none) return {};
    if (trust_ == nullptr) return fail(errors::radio_failed);
    auto given = give(with);
    if (given) given = checked(esp_wifi_sta_enterprise_enable());
    enabled_ = given.has_value();
    if (!given) forget();
    return given;
}

// The server first: without what it is verified by nothing else is given.
Status EnterpriseClient::give(const Enterprise& with) {
    ESB_TRY(compare_name(with));
    const auto size = read(with.authority, authority_);
    if (!size) return fail(size.error());
    ESB_TRY(checked(esp_eap_client_set_ca_cert(authority_.get(), static_cast<int>(*size))));
    // A network may be what the time comes from: dates count once it is known.
    ESB_TRY(checked(esp_eap_client_set_disable_time_check(!trust_->knows_time())));
    const std::string_view told = !with.anonymous.empty() ? with.anonymous.view()
                                  : !with.user.empty()    ? with.user.view()
                                                          : std::string_view("anonymous");
    ESB_TRY(checked(esp_eap_client_set_identity(octets(told), length(told))));
    if (with.method == Eap::tls) return give_own(with);
    const auto password = with.password.reveal();
    ESB_TRY(checked(esp_eap_client_set_username(octets(with.user.view()), length(with.user.view()))));
    return checked(esp_eap_client_set_password(octets(password), length(password)));
}

Status EnterpriseClient::give_own(const Enterprise& with) {
    const auto size = read(with.own, own_);
    if (!size) return fail(size.error());
    const auto key = trust_->key(with.own);
    if (!key) return fail(key.error());
    constexpr std::uint8_t head[] = {0x30, 0x31, 0x02, 0x01, 0x01, 0x04, 0x20};
    constexpr std::uint8_t curve[] = {0xA0, 0x0A, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07};  // P-256
    ByteWriter writer(key_);
    writer.bytes(head).bytes(key->reveal()).bytes(curve);
    if (writer.written().size() != key_size) return fail(errors::radio_failed);
    return checked(esp_eap_client_set_certificate_and_key(own_.get(), static_cast<int>(*size), key_.data(),
                                                          static_cast<int>(key_.size()), nullptr, 0));
}

// As PEM: of DER the supplicant would read the first certificate alone. The size with the zero behind it.
Result<std::size_t> EnterpriseClient::read(const Enterprise::Certificate& name, Text& out) const {
    const Text der(new (std::nothrow) std::uint8_t[der_max]);
    out.reset(new (std::nothrow) std::uint8_t[text_max]);
    if (!der || !out) return fail(errors::no_memory);
    const auto found = trust_->certificates(name, {der.get(), der_max});
    if (!found) return fail(found.error());
    const std::span<char> text(reinterpret_cast<char*>(out.get()), text_max - 1);
    std::size_t size = 0;
    for (auto rest = *found; !rest.empty();) {
        const auto one = first_certificate(rest);
        if (one.empty()) return fail(errors::radio_failed);
        const auto written = encode_pem("CERTIFICATE", one, text.subspan(size));
        if (!written) return fail(written.error());
        size += written->size();
        rest = rest.subspan(one.size());
    }
    out[size] = 0;
    return size + 1;
}

void EnterpriseClient::forget() {
    if (std::exchange(enabled_, false)) esp_wifi_sta_enterprise_disable();
    esp_eap_client_clear_identity();
    esp_eap_client_clear_username();
    esp_eap_client_clear_password();
    esp_eap_client_clear_ca_cert();
    esp_eap_client_clear_certificate_and_key();
    wipe(key_);
    authority_.reset();
    own_.reset();
}

}  // namespace esb::chip::esp32
