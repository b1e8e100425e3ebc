#include "host/cli/read_certificate.hpp"

#include "host/cli/library.hpp"

#include <mbedtls/asn1.h>
#include <mbedtls/base64.h>
#include <mbedtls/oid.h>
#include <mbedtls/x509_crl.h>
#include <mbedtls/x509_crt.h>
#include <mbedtls/x509_csr.h>

#include <algorithm>
#include <ctime>

namespace esb::cli {
namespace {

struct Request {
    mbedtls_x509_csr csr;
    Request() {
        static_cast<void>(library::start());
        mbedtls_x509_csr_init(&csr);
    }
    ~Request() { mbedtls_x509_csr_free(&csr); }
    Request(const Request&) = delete;
    Request& operator=(const Request&) = delete;
};

struct Certificate {
    mbedtls_x509_crt crt;
    Certificate() {
        static_cast<void>(library::start());
        mbedtls_x509_crt_init(&crt);
    }
    ~Certificate() { mbedtls_x509_crt_free(&crt); }
    Certificate(const Certificate&) = delete;
    Certificate& operator=(const Certificate&) = delete;
};

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

std::string_view view(const mbedtls_x509_buf& buffer) { return {reinterpret_cast<const char*>(buffer.p), buffer.len}; }

// The common name, when the name has no other attribute.
std::string only_common_name(const mbedtls_x509_name& name) {
    const bool common = view(name.oid) == MBEDTLS_OID_AT_CN;
    return common && name.next == nullptr ? std::string(view(name.val)) : std::string();
}

Seconds seconds_of(const mbedtls_x509_time& time) {
    std::tm parts{};
    parts.tm_year = time.year - 1900;
    parts.tm_mon = time.mon - 1;
    parts.tm_mday = time.day;
    parts.tm_hour = time.hour;
    parts.tm_min = time.min;
    parts.tm_sec = time.sec;
    return ::timegm(&parts);
}

bool signed_by_itself(mbedtls_x509_csr& csr) {
    const auto digest = crypto::sha256({csr.cri.p, csr.cri.len});
    const auto signature = library::signature_of(csr);
    return mbedtls_pk_verify(&csr.pk, MBEDTLS_MD_SHA256, digest.data(), digest.size(), signature.data(),
                             signature.size()) == 0;
}

}  // namespace

std::string base64_bytes(std::string_view text) {
    std::string bare;
    std::copy_if(text.begin(), text.end(), std::back_inserter(bare),
                 [](char c) { return c != '\n' && c != '\r' && c != ' ' && c != '\t'; });
    std::string bytes(bare.size(), '\0');
    std::size_t size = 0;
    if (mbedtls_base64_decode(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), &size, bytes_of(bare),
                              bare.size()) != 0) {
        return {};
    }
    bytes.resize(size);
    return bytes;
}

std::string pem_bytes(std::string_view text, std::string_view label) {
    const auto first = "-----BEGIN " + std::string(label) + "-----";
    const auto last = "-----END " + std::string(label) + "-----";
    const auto begin = text.find(first);
    if (begin == std::string_view::npos) return {};
    const auto from = begin + first.size();
    const auto end = text.find(last, from);
    if (end == std::string_view::npos) return {};
    return base64_bytes(text.substr(from, end - from));
}

std::string all_pem_bytes(std::string_view text, std::string_view label) {
    const auto last = "-----END " + std::string(label) + "-----";
    std::string all;
    for (auto end = text.find(last); end != std::string_view::npos; end = text.find(last)) {
        all += pem_bytes(text.substr(0, end + last.size()), label);
        text.remove_prefix(end + last.size());
    }
    return all;
}

Outcome<CertificateRequest> read_request(std::string_view text) {
    if (text.size() > request_max) return failure("a certificate request has at most 8192 bytes");
    auto der = pem_bytes(text, "CERTIFICATE REQUEST");
    if (der.empty()) der = pem_bytes(text, "NEW CERTIFICATE REQUEST");
    if (der.empty()) der = text;
    Request request;
    if (mbedtls_x509_csr_parse_der(&request.csr, bytes_of(der), der.size()) != 0)
        return failure("this is no certificate request (PKCS #10, PEM or DER)");
    auto& csr = request.csr;
    CertificateRequest found;
    if (!library::read_point(csr.pk, found.key)) return failure("the request's key is not on the curve P-256");
    if (!library::is_signed_es256(csr))
        return failure("the request is not signed with ECDSA and SHA-256");
    if (!signed_by_itself(csr)) return failure("the request's signature is wrong: it is not of the key in it");
    found.subject = only_common_name(csr.subject);
    if (found.subject.empty()) return failure("the request's subject must be CN=<identity> and nothing else");
    return found;
}

Outcome<Seconds> read_list_time(std::string_view text) {
    const auto der = pem_bytes(text, "X509 CRL");
    mbedtls_x509_crl list;
    mbedtls_x509_crl_init(&list);
    const int code = mbedtls_x509_crl_parse_der(&list, bytes_of(der), der.size());
    const auto time = code == 0 ? seconds_of(list.this_update) : 0;
    mbedtls_x509_crl_free(&list);
    if (code != 0) return failure("this is no revocation list");
    return time;
}

Outcome<CertificateFacts> read_certificate(std::string_view text) {
    auto der = pem_bytes(text, "CERTIFICATE");
    if (der.empty()) der = text;
    Certificate certificate;
    if (mbedtls_x509_crt_parse_der(&certificate.crt, bytes_of(der), der.size()) != 0)
        return failure("this is no certificate (PEM or DER)");
    const auto& crt = certificate.crt;
    CertificateFacts facts;
    if (!library::read_point(crt.pk, facts.key)) return failure("the certificate's key is not on the curve P-256");
    auto serial = view(crt.serial);
    while (!serial.empty() && serial.front() == '\0') serial.remove_prefix(1);
    if (serial.size() > facts.serial.size()) return failure("the certificate's serial number is not of `esb ca`");
    std::copy(serial.begin(), serial.end(), facts.serial.end() - static_cast<std::ptrdiff_t>(serial.size()));
    facts.subject = only_common_name(crt.subject);
    facts.not_before = seconds_of(crt.valid_from);
    facts.not_after = seconds_of(crt.valid_to);
    facts.der = view(crt.raw);
    return facts;
}

}  // namespace esb::cli
