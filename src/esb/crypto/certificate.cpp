// X.509 is Mbed TLS's, alike in all its versions but for keys and errors (library.hpp).
#include "esb/crypto/certificate.hpp"

#include "esb/base/fixed.hpp"
#include "esb/base/pem.hpp"
#include "esb/crypto/library.hpp"

#include <mbedtls/pk.h>
#include <mbedtls/x509_crt.h>
#include <mbedtls/x509_csr.h>

#include <array>

namespace esb::crypto {
namespace {

struct Parsed {
    mbedtls_x509_crt certificate;
    Parsed() {
        static_cast<void>(library::start());  // without it no key is read
        mbedtls_x509_crt_init(&certificate);
    }
    ~Parsed() { mbedtls_x509_crt_free(&certificate); }
    Parsed(const Parsed&) = delete;
    Parsed& operator=(const Parsed&) = delete;

    Status read(ConstBytes der) {
        const int code = mbedtls_x509_crt_parse_der(&certificate, der.data(), der.size());
        if (code == 0) return {};
        return fail(library::is_out_of_memory(code) ? errors::no_memory : errors::bad_certificate, -code);
    }
};

UnixTime unix_time(const mbedtls_x509_time& at) {
    const std::chrono::year_month_day day(std::chrono::year(at.year), std::chrono::month(static_cast<unsigned>(at.mon)),
                                          std::chrono::day(static_cast<unsigned>(at.day)));
    return std::chrono::sys_days(day).time_since_epoch() + std::chrono::hours(at.hour) + std::chrono::minutes(at.min) +
           UnixTime(at.sec);
}

// The key is the last thing of a SubjectPublicKeyInfo: on P-256 a fixed head, then 04, x and y (RFC 5480).
void read_key(ConstBytes info, CertificateFacts& facts) {
    constexpr std::uint8_t head[] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06,
                                     0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04};
    if (info.size() != sizeof head + 64 || !equal(info.first(sizeof head), head)) return;
    copy(info.subspan(sizeof head, 32), facts.key.x);
    copy(info.last(32), facts.key.y);
    facts.on_p256 = true;
}

// A private key as ECPrivateKey (RFC 5915); the public half is computed when it is read.
using KeyDer = std::array<std::uint8_t, 51>;
void write_key(const P256PrivateKey& key, KeyDer& out) {
    constexpr std::uint8_t head[] = {0x30, 0x31, 0x02, 0x01, 0x01, 0x04, 0x20};
    constexpr std::uint8_t curve[] = {0xA0, 0x0A, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07};
    copy(head, out);
    copy(key.reveal(), MutBytes(out).subspan(sizeof head));
    copy(curve, MutBytes(out).subspan(sizeof head + 32));
}

struct Request {
    mbedtls_x509write_csr csr;
    mbedtls_pk_context key;
    Request() {
        mbedtls_x509write_csr_init(&csr);
        mbedtls_pk_init(&key);
    }
    ~Request() {
        mbedtls_x509write_csr_free(&csr);
        mbedtls_pk_free(&key);
    }
    Request(const Request&) = delete;
    Request& operator=(const Request&) = delete;

    int read(const P256PrivateKey& secret, chip::Entropy& entropy) {
        KeyDer der;
        write_key(secret, der);
        const int code = library::parse_key(key, der, entropy);
        wipe(der);
        return code;
    }
};

}  // namespace

Status check_certificates(ConstBytes der) {
    if (der.empty()) return fail(errors::bad_certificate);
    while (!der.empty()) {
        const auto one = first_certificate(der);
        if (one.empty()) return fail(errors::bad_certificate);
        Parsed parsed;
        ESB_TRY(parsed.read(one));
        der = der.subspan(one.size());
    }
    return {};
}

Result<CertificateFacts> read_certificate(ConstBytes der) {
    Parsed parsed;
    if (const auto read = parsed.read(first_certificate(der)); !read) return fail(read.error());
    CertificateFacts facts;
    facts.from = unix_time(parsed.certificate.valid_from);
    facts.until = unix_time(parsed.certificate.valid_to);
    read_key({parsed.certificate.pk_raw.p, parsed.certificate.pk_raw.len}, facts);
    return facts;
}

Result<ConstBytes> make_request(const P256PrivateKey& key, std::string_view common_name, chip::Entropy& entropy,
                                MutBytes out) {
    FixedString<68> subject;
    if (!subject.append("CN=") || !subject.append(common_name)) return fail(errors::too_long);
    if (key.size() != P256PrivateKey::capacity()) return fail(errors::bad_key);
    Request request;
    int code = request.read(key, entropy);
    std::array<char, 69> text{};
    copy(as_bytes(subject), as_writable_bytes(std::span(text).first(subject.size())));
    if (code == 0) code = mbedtls_x509write_csr_set_subject_name(&request.csr, text.data());
    mbedtls_x509write_csr_set_md_alg(&request.csr, MBEDTLS_MD_SHA256);
    mbedtls_x509write_csr_set_key(&request.csr, &request.key);
    // Written from the buffer's end.
    if (code == 0) code = library::write_request(request.csr, out, entropy);
    if (code > 0) return ConstBytes(out).last(static_cast<std::size_t>(code));
    if (library::is_out_of_room(code)) return fail(errors::too_long);
    return fail(library::is_out_of_entropy(code) ? errors::no_entropy : errors::no_memory, -code);
}

}  // namespace esb::crypto
