#include "host/cli/certificate.hpp"

#include "host/cli/der.hpp"

#include "esb/crypto/crypto.hpp"

#include <arpa/inet.h>

namespace esb::cli {
namespace {

using namespace std::string_view_literals;

// Object identifiers as they are encoded.
constexpr auto ec_public_key = "\x2A\x86\x48\xCE\x3D\x02\x01"sv;          // 1.2.840.10045.2.1
constexpr auto prime256v1 = "\x2A\x86\x48\xCE\x3D\x03\x01\x07"sv;         // 1.2.840.10045.3.1.7
constexpr auto ecdsa_with_sha256 = "\x2A\x86\x48\xCE\x3D\x04\x03\x02"sv;  // 1.2.840.10045.4.3.2
constexpr auto common_name = "\x55\x04\x03"sv;                            // 2.5.4.3
constexpr auto subject_key_id = "\x55\x1D\x0E"sv;                         // 2.5.29.14
constexpr auto key_usage = "\x55\x1D\x0F"sv;                              // 2.5.29.15
constexpr auto subject_alt_name = "\x55\x1D\x11"sv;                       // 2.5.29.17
constexpr auto basic_constraints = "\x55\x1D\x13"sv;                      // 2.5.29.19
constexpr auto crl_number = "\x55\x1D\x14"sv;                             // 2.5.29.20
constexpr auto authority_key_id = "\x55\x1D\x23"sv;                       // 2.5.29.35
constexpr auto extended_key_usage = "\x55\x1D\x25"sv;                     // 2.5.29.37
constexpr auto server_auth = "\x2B\x06\x01\x05\x05\x07\x03\x01"sv;        // 1.3.6.1.5.5.7.3.1
constexpr auto client_auth = "\x2B\x06\x01\x05\x05\x07\x03\x02"sv;        // 1.3.6.1.5.5.7.3.2
constexpr auto signed_data = "\x2A\x86\x48\x86\xF7\x0D\x01\x07\x02"sv;    // 1.2.840.113549.1.7.2
constexpr auto data = "\x2A\x86\x48\x86\xF7\x0D\x01\x07\x01"sv;           // 1.2.840.113549.1.7.1

std::string algorithm() { return der::sequence({der::oid(ecdsa_with_sha256)}); }

std::string name(std::string_view text) {
    return der::sequence({der::set({der::sequence({der::oid(common_name), der::element(der::utf8_string, text)})})});
}

std::string point(const crypto::P256PublicKey& key) {
    return "\x04" + std::string(as_text(key.x)) + std::string(as_text(key.y));
}

std::string public_key_info(const crypto::P256PublicKey& key) {
    return der::sequence({der::sequence({der::oid(ec_public_key), der::oid(prime256v1)}), der::bit_string(point(key))});
}

// The first 160 bits of the point's SHA-256 (RFC 7093 §2).
std::string key_id(const crypto::P256PublicKey& key) {
    const auto digest = crypto::sha256(as_bytes(point(key)));
    return std::string(as_text(digest).substr(0, 20));
}

std::string extension(std::string_view id, bool critical, std::string_view value) {
    const auto mark = critical ? der::element(der::boolean, "\xFF") : std::string();
    return der::sequence({der::oid(id), mark, der::octet_string(value)});
}

std::string authority_extension(const SigningKey& authority) {
    return extension(authority_key_id, false,
                     der::sequence({der::element(der::context(0), key_id(authority.public_key()))}));
}

std::string alt_names(const std::vector<std::string>& hosts) {
    std::string names;
    for (const auto& host : hosts) {
        const auto address = address_bytes(host);
        names += address.empty() ? der::element(der::context(2), host) : der::element(der::context(7), address);
    }
    return der::sequence({names});
}

std::string extensions(const CertificateForm& form, const SigningKey& authority) {
    const bool is_authority = form.kind == CertificateKind::authority;
    std::string all;
    // An authority signs certificates of this level, none of another authority: path length 0.
    const auto constraints =
        is_authority ? der::sequence({der::element(der::boolean, "\xFF"), der::integer(0U)}) : der::sequence({});
    all += extension(basic_constraints, true, constraints);
    // keyCertSign and cRLSign, or digitalSignature; before the bits stands how many of the byte are unused.
    const auto usage = is_authority ? "\x01\x06"sv : "\x07\x80"sv;
    all += extension(key_usage, true, der::element(der::bit_string_tag, usage));
    if (!is_authority) {
        const bool server = form.kind == CertificateKind::server;
        all += extension(extended_key_usage, false, der::sequence({der::oid(server ? server_auth : client_auth)}));
    }
    all += extension(subject_key_id, false, der::octet_string(key_id(form.key)));
    all += authority_extension(authority);
    if (!form.hosts.empty()) all += extension(subject_alt_name, false, alt_names(form.hosts));
    return der::element(der::context_constructed(3), der::sequence({all}));
}

// The signed part, its algorithm, its signature.
Result<std::string> signed_by(const SigningKey& authority, const std::string& what) {
    const auto signature = authority.sign(what);
    if (!signature) return std::unexpected(signature.error());
    const ConstBytes bytes(*signature);
    const auto numbers = der::sequence({der::integer(bytes.first(32)), der::integer(bytes.subspan(32))});
    return der::sequence({what, algorithm(), der::bit_string(numbers)});
}

}  // namespace

std::string_view kind_word(CertificateKind kind) {
    switch (kind) {
        case CertificateKind::authority:
            return "authority";
        case CertificateKind::server:
            return "server";
        case CertificateKind::device:
            return "device";
        case CertificateKind::operator_:
            break;
    }
    return "operator";
}

std::string address_bytes(const std::string& text) {
    std::array<char, 16> bytes{};
    if (::inet_pton(AF_INET, text.c_str(), bytes.data()) == 1) return {bytes.data(), 4};
    if (::inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1) return {bytes.data(), 16};
    return {};
}

Result<std::string> certificate_der(const CertificateForm& form, const SigningKey& authority) {
    return signed_by(authority,
                     der::sequence({der::element(der::context_constructed(0), der::integer(2U)),  // version 3
                                    der::integer(form.serial), algorithm(), name(form.issuer),
                                    der::sequence({der::time(form.not_before), der::time(form.not_after)}),
                                    name(form.subject), public_key_info(form.key), extensions(form, authority)}));
}

Result<std::string> revocation_list_der(const RevocationList& list, std::string_view issuer,
                                        const SigningKey& authority) {
    std::string revoked;
    for (const auto& one : list.revoked) revoked += der::sequence({der::integer(one.serial), der::time(one.when)});
    if (!revoked.empty()) revoked = der::sequence({revoked});  // an empty list must not stand there
    const auto number = extension(crl_number, false, der::integer(list.number));
    const auto about =
        der::element(der::context_constructed(0), der::sequence({authority_extension(authority), number}));
    return signed_by(authority, der::sequence({der::integer(1U), algorithm(), name(issuer), der::time(list.this_update),
                                               der::time(list.next_update), revoked, about}));
}

std::string certificates_only(const std::vector<std::string>& certificates) {
    std::string all;
    for (const auto& one : certificates) all += one;
    const auto content = der::sequence({der::integer(1U), der::set({}), der::sequence({der::oid(data)}),
                                        der::element(der::context_constructed(0), all), der::set({})});
    return der::sequence({der::oid(signed_data), der::element(der::context_constructed(0), content)});
}

}  // namespace esb::cli
