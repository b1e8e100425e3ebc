#include "esb/net/tls_trust.hpp"

#include "esb/base/pem.hpp"
#include "esb/net/certificate_name.hpp"
#include "esb/net/tls_library.hpp"
#include "esb/net/tls_version.hpp"
#include "esb/net/url.hpp"

#include <mbedtls/md.h>

#include <algorithm>
#include <memory>
#include <new>

namespace esb::net {
namespace {

// Beside Mbed TLS's own flags of what is wrong with a certificate.
constexpr std::uint32_t bad_pin = 0x0100'0000;
constexpr std::uint32_t chain_too_long = 0x0200'0000;
constexpr std::uint32_t only_name = MBEDTLS_X509_BADCERT_CN_MISMATCH;
constexpr std::uint32_t only_dates = MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE;
constexpr std::uint32_t nothing_known = 0xFFFF'FFFF;

constexpr int san_dns_name = MBEDTLS_ASN1_CONTEXT_SPECIFIC | 2;    // RFC 5280 §4.2.1.6
constexpr int san_ip_address = MBEDTLS_ASN1_CONTEXT_SPECIFIC | 7;

struct Refusal {
    std::uint32_t flags;
    const ErrorKind& kind;
};
// The first that fits is told: who it is comes before what else is wrong.
constexpr Refusal refusals[] = {
    {chain_too_long, errors::tls_chain_too_long},
    {bad_pin, errors::tls_pin_mismatch},
    {MBEDTLS_X509_BADCERT_NOT_TRUSTED, errors::tls_unknown_authority},
    {MBEDTLS_X509_BADCERT_CN_MISMATCH, errors::tls_wrong_name},
    {MBEDTLS_X509_BADCERT_EXPIRED, errors::tls_expired},
    {MBEDTLS_X509_BADCERT_FUTURE, errors::tls_not_yet_valid},
    {MBEDTLS_X509_BADCERT_KEY_USAGE | MBEDTLS_X509_BADCERT_EXT_KEY_USAGE | MBEDTLS_X509_BADCERT_NS_CERT_TYPE,
     errors::tls_key_usage},
    {MBEDTLS_X509_BADCERT_BAD_MD | MBEDTLS_X509_BADCERT_BAD_PK | MBEDTLS_X509_BADCERT_BAD_KEY, errors::tls_weak},
};

Error to_error(int code) {
    return Error(is_out_of_memory(code) ? errors::no_memory : errors::tls_credentials, -code);
}

Status parse_all(mbedtls_x509_crt& chain, ConstBytes der) {
    if (der.empty()) return fail(errors::tls_credentials);
    while (!der.empty()) {
        const auto one = first_certificate(der);
        if (one.empty()) return fail(errors::tls_credentials);
        if (const int code = mbedtls_x509_crt_parse_der(&chain, one.data(), one.size()); code != 0) {
            return fail(to_error(code));
        }
        der = der.subspan(one.size());
    }
    return {};
}

// A key as ECPrivateKey (RFC 5915) on P-256, which both versions read through one function. With its public point, which
// Mbed TLS would otherwise compute, as long as half a handshake takes.
constexpr std::size_t point_size = 65;
using KeyDer = std::array<std::uint8_t, 121>;
void write_key(const ClientKey& key, ConstBytes point, KeyDer& out) {
    constexpr std::uint8_t head[] = {0x30, 0x77, 0x02, 0x01, 0x01, 0x04, 0x20};
    constexpr std::uint8_t curve[] = {0xA0, 0x0A, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07};
    constexpr std::uint8_t before_point[] = {0xA1, 0x44, 0x03, 0x42, 0x00};
    ByteWriter writer(out);
    writer.bytes(head).bytes(key.reveal()).bytes(curve).bytes(before_point).bytes(point);
}

// Days since 1970 by the Gregorian calendar.
UnixTime unix_time(const mbedtls_x509_time& at) {
    const std::chrono::year_month_day day(std::chrono::year(at.year), std::chrono::month(static_cast<unsigned>(at.mon)),
                                          std::chrono::day(static_cast<unsigned>(at.day)));
    return std::chrono::sys_days(day).time_since_epoch() + std::chrono::hours(at.hour) + std::chrono::minutes(at.min) +
           UnixTime(at.sec);
}

}  // namespace

TlsTrustCheck::TlsTrustCheck(TlsTrust trust, std::span<const SpkiPin> pins, TlsCredentials& credentials,
                             std::string_view host, std::uint16_t port)
    : trust_(trust), pins_(pins), credentials_(credentials) {
    static_cast<void>(host_.assign(host));  // one that is too long was never looked up
    mbedtls_x509_crt_init(&authorities_);
    mbedtls_x509_crt_init(&own_);
    mbedtls_pk_init(&key_);
    const std::uint8_t head[] = {static_cast<std::uint8_t>(trust), static_cast<std::uint8_t>(port >> 8),
                                 static_cast<std::uint8_t>(port)};
    bind(head);
    bind(as_bytes(host));
    for (const auto& pin : pins) bind(pin);
}

// A chain of hashes: each part is told from the one before and from how it was cut.
void TlsTrustCheck::bind(ConstBytes part) {
    std::array<std::uint8_t, 2 * std::tuple_size_v<SessionBinding>> both{};
    const auto* const sha256 = mbedtls_md_info_from_type(MBEDTLS_MD_SHA256);
    copy(binding_, both);
    static_cast<void>(mbedtls_md(sha256, part.data(), part.size(), both.data() + binding_.size()));
    static_cast<void>(mbedtls_md(sha256, both.data(), both.size(), binding_.data()));
}

TlsTrustCheck::~TlsTrustCheck() {
    mbedtls_pk_free(&key_);  // wipes it
    mbedtls_x509_crt_free(&own_);
    mbedtls_x509_crt_free(&authorities_);
}

Status TlsTrustCheck::put_into(mbedtls_ssl_config& config, int (*random)(void*, unsigned char*, std::size_t),
                               void* state) {
    if (trust_ == TlsTrust::ca) ESB_TRY(load_authorities());
    ESB_TRY(load_own(random, state));
    // With pins the list is empty: it exists, so that every flag that verify() leaves ends the handshake.
    mbedtls_ssl_conf_ca_chain(&config, &authorities_, nullptr);
    mbedtls_ssl_conf_authmode(&config, MBEDTLS_SSL_VERIFY_REQUIRED);
    mbedtls_ssl_conf_cert_profile(&config, &version::profile);
    mbedtls_ssl_conf_verify(&config, verify, this);
    if (own_.raw.len == 0) return {};
    const int code = mbedtls_ssl_conf_own_cert(&config, &own_, &key_);
    return code == 0 ? Status() : fail(to_error(code));
}

int TlsTrustCheck::put_into(mbedtls_ssl_context& ssl) const {
    const auto name = without_last_dot(host_);
    if (chip::parse_ip(name)) return mbedtls_ssl_set_hostname(&ssl, nullptr);  // SNI has names only
    std::array<char, HostName::capacity() + 1> text{};
    std::copy(name.begin(), name.end(), text.begin());
    return mbedtls_ssl_set_hostname(&ssl, text.data());
}

Status TlsTrustCheck::load_authorities() {
    const std::unique_ptr<std::uint8_t[]> room(new (std::nothrow) std::uint8_t[max_authorities]);
    if (!room) return fail(errors::no_memory);
    const auto der = credentials_.authorities({room.get(), max_authorities});
    if (!der) return fail(der.error());
    bind(*der);
    return parse_all(authorities_, *der);
}

Status TlsTrustCheck::load_own(int (*random)(void*, unsigned char*, std::size_t), void* state) {
    const std::unique_ptr<std::uint8_t[]> room(new (std::nothrow) std::uint8_t[max_own_certificates]);
    if (!room) return fail(errors::no_memory);
    const auto der = credentials_.own_certificates({room.get(), max_own_certificates});
    if (!der) return fail(der.error());
    bind(*der);
    if (der->empty()) return {};
    ESB_TRY(parse_all(own_, *der));
    const auto key = credentials_.own_key();
    if (!key) return fail(key.error());
    // The point stands at the end of the certificate's SubjectPublicKeyInfo.
    const bool fits = key->size() == ClientKey::capacity() && own_.pk_raw.len > point_size;
    if (!fits) return fail(errors::tls_credentials);
    KeyDer text;
    write_key(*key, ConstBytes(own_.pk_raw.p, own_.pk_raw.len).last(point_size), text);
    const int code = version::parse_key(key_, text, random, state);
    wipe(text);
    return code == 0 ? Status() : fail(to_error(code));
}

// Called from the top of the chain that was found down to the other side's own certificate, which has depth 0.
int TlsTrustCheck::verify(void* self, mbedtls_x509_crt* certificate, int depth, std::uint32_t* flags) {
    auto& check = *static_cast<TlsTrustCheck*>(self);
    *flags = check.judge(*certificate, depth, *flags);
    check.clean_ = check.clean_ && *flags == 0;
    check.ends_ = std::min(check.ends_, unix_time(certificate->valid_to));
    check.approved_ = depth == 0 && check.clean_;
    return 0;
}

std::uint32_t TlsTrustCheck::judge(const mbedtls_x509_crt& certificate, int depth, std::uint32_t flags) const {
    if (depth > 0) return trust_ == TlsTrust::pin ? 0 : judge_dates(certificate, flags);
    flags = judge_dates(certificate, flags) & ~only_name;
    if (!is_for_host(certificate)) flags |= only_name;
    if (trust_ == TlsTrust::pin) {
        flags &= ~std::uint32_t{MBEDTLS_X509_BADCERT_NOT_TRUSTED};
        if (!is_pinned(certificate)) flags |= bad_pin;
    }
    std::size_t sent = 0;
    for (auto at = &certificate; at != nullptr; at = at->next) sent += at->raw.len;
    return sent > max_server_chain ? flags | chain_too_long : flags;
}

// Mbed TLS compares with the operating system's clock, which may never have been set.
std::uint32_t TlsTrustCheck::judge_dates(const mbedtls_x509_crt& certificate, std::uint32_t flags) const {
    flags &= ~only_dates;
    const auto known = credentials_.time();
    if (known.time > unix_time(certificate.valid_to)) flags |= MBEDTLS_X509_BADCERT_EXPIRED;
    if (known.exact && known.time < unix_time(certificate.valid_from)) flags |= MBEDTLS_X509_BADCERT_FUTURE;
    return flags;
}

// By subjectAltName alone; the common name is for people (RFC 9525 §2).
bool TlsTrustCheck::is_for_host(const mbedtls_x509_crt& certificate) const {
    const auto address = chip::parse_ip(without_last_dot(host_));
    for (auto at = &certificate.subject_alt_names; at != nullptr; at = at->next) {
        const ConstBytes name(at->buf.p, at->buf.len);
        if (at->buf.p == nullptr) continue;
        if (address && at->buf.tag == san_ip_address && is_address_of(name, *address)) return true;
        if (!address && at->buf.tag == san_dns_name && is_name_of(as_text(name), host_)) return true;
    }
    return false;
}

bool TlsTrustCheck::is_pinned(const mbedtls_x509_crt& certificate) const {
    SpkiPin hash{};
    const auto* const sha256 = mbedtls_md_info_from_type(MBEDTLS_MD_SHA256);
    if (mbedtls_md(sha256, certificate.pk_raw.p, certificate.pk_raw.len, hash.data()) != 0) return false;
    return std::find(pins_.begin(), pins_.end(), hash) != pins_.end();
}

std::optional<Error> TlsTrustCheck::refusal(const mbedtls_ssl_context& ssl, int code) const {
    const auto flags = mbedtls_ssl_get_verify_result(&ssl);
    if (flags != nothing_known) {
        for (const auto& [bits, kind] : refusals) {
            if ((flags & bits) != 0) return Error(kind, static_cast<std::int32_t>(flags));
        }
    }
    const int high = version::module_of(code);
    if (high == MBEDTLS_ERR_X509_UNKNOWN_SIG_ALG || high == MBEDTLS_ERR_PK_UNKNOWN_NAMED_CURVE ||
        high == MBEDTLS_ERR_PK_UNKNOWN_PK_ALG || high == MBEDTLS_ERR_X509_SIG_MISMATCH) {
        return Error(errors::tls_weak, -code);
    }
    if (high == MBEDTLS_ERR_X509_FATAL_ERROR) return Error(errors::tls_chain_too_long, -code);  // more than 8 lead up
    if (high <= MBEDTLS_ERR_X509_INVALID_FORMAT && high >= MBEDTLS_ERR_X509_INVALID_EXTENSIONS) {
        return Error(errors::tls_certificate, -code);
    }
    return std::nullopt;
}

}  // namespace esb::net
