#include "tests/support/fake_ca.hpp"

namespace esb::test {

FakeCa::FakeCa(std::uint64_t seed)
    : random_(seed) {
    cli::library::start();
    mbedtls_pk_init(&key_);
    make_key(key_);
    certificate = issue(key_, "CN=Fake CA", UnixTime(0), UnixTime(4'000'000'000), true, {});
}

FakeCa::Der FakeCa::device(ConstBytes request, UnixTime from, UnixTime until) {
    mbedtls_x509_csr csr;
    mbedtls_x509_csr_init(&csr);
    if (mbedtls_x509_csr_parse_der(&csr, request.data(), request.size()) != 0) return {};
    std::array<char, 128> name{};
    mbedtls_x509_dn_gets(name.data(), name.size(), &csr.subject);
    auto made = issue(csr.pk, name.data(), from, until, false, {});
    mbedtls_x509_csr_free(&csr);
    return made;
}

FakeCa::Der FakeCa::server(const std::string& host, mbedtls_pk_context& key, cli::library::Scalar* number) {
    const auto scalar = make_key(key);
    if (number != nullptr) *number = scalar;
    return issue(key, "CN=server", UnixTime(0), UnixTime(4'000'000'000), false, host);
}

FakeCa::Der FakeCa::wrap(const Der& one) {
    const Der version{0x02, 0x01, 0x01}, none{0x31, 0x00};
    const Der data_oid{0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x01};
    const Der signed_oid{0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x02};
    const auto content = value(0x30, data_oid);
    const auto data = value(0x30, join({version, none, content, value(0xA0, one), none}));
    return value(0x30, join({signed_oid, value(0xA0, data)}));
}

int FakeCa::random(void* self, unsigned char* out, std::size_t size) {
    auto& state = static_cast<FakeCa*>(self)->random_;
    for (std::size_t i = 0; i < size; ++i) {
        state = state * 6364136223846793005ULL + 1442695040888963407ULL;
        out[i] = static_cast<unsigned char>(state >> 56);
    }
    return 0;
}

FakeCa::Der FakeCa::join(std::initializer_list<Der> parts) {
    Der all;
    for (const auto& part : parts) all.insert(all.end(), part.begin(), part.end());
    return all;
}

FakeCa::Der FakeCa::value(std::uint8_t tag, const Der& content) {
    Der made{tag, 0x82, static_cast<std::uint8_t>(content.size() >> 8), static_cast<std::uint8_t>(content.size())};
    made.insert(made.end(), content.begin(), content.end());
    return made;
}

std::string FakeCa::text(UnixTime at) {
    const std::chrono::sys_seconds time(at);
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(time - day);
    std::array<char, 32> digits{};
    std::snprintf(digits.data(), digits.size(), "%04d%02u%02u%02d%02d%02d", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                  static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                  static_cast<int>(clock.seconds().count()));
    return digits.data();
}

cli::library::Scalar FakeCa::make_key(mbedtls_pk_context& key) {
    cli::library::Scalar scalar{};
    crypto::P256PublicKey open;
    do {
        random(this, scalar.data(), scalar.size());
    } while (!cli::library::public_half(scalar, open));
    // ECPrivateKey (RFC 5915).
    Der der{0x30, 0x77, 0x02, 0x01, 0x01, 0x04, 0x20};
    const Der curve{0xA0, 0x0A, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07};
    const Der before_point{0xA1, 0x44, 0x03, 0x42, 0x00, 0x04};
    for (const auto part : {ConstBytes(scalar), ConstBytes(curve), ConstBytes(before_point), ConstBytes(open.x),
                            ConstBytes(open.y)}) {
        der.insert(der.end(), part.begin(), part.end());
    }
    cli::library::parse_key(key, der);
    return scalar;
}

FakeCa::Der FakeCa::issue(mbedtls_pk_context& subject, const std::string& name, UnixTime from, UnixTime until, bool authority,
    const std::string& host) {
    mbedtls_x509write_cert writer;
    mbedtls_x509write_crt_init(&writer);
    mbedtls_x509write_crt_set_version(&writer, MBEDTLS_X509_CRT_VERSION_3);
    mbedtls_x509write_crt_set_md_alg(&writer, MBEDTLS_MD_SHA256);
    set_serial(writer, ++serial_);
    mbedtls_x509write_crt_set_subject_key(&writer, &subject);
    mbedtls_x509write_crt_set_issuer_key(&writer, &key_);
    mbedtls_x509write_crt_set_subject_name(&writer, name.c_str());
    mbedtls_x509write_crt_set_issuer_name(&writer, "CN=Fake CA");
    mbedtls_x509write_crt_set_validity(&writer, text(from).c_str(), text(until).c_str());
    mbedtls_x509write_crt_set_basic_constraints(&writer, authority ? 1 : 0, -1);
    if (!host.empty()) {
        Der san{0x30, static_cast<std::uint8_t>(host.size() + 2), 0x82, static_cast<std::uint8_t>(host.size())};
        san.insert(san.end(), host.begin(), host.end());
        mbedtls_x509write_crt_set_extension(&writer, MBEDTLS_OID_SUBJECT_ALT_NAME,
                                            MBEDTLS_OID_SIZE(MBEDTLS_OID_SUBJECT_ALT_NAME), 0, san.data(),
                                            san.size());
    }
    std::array<std::uint8_t, 2048> room;
    const int size = write_certificate(writer, room, random, this);
    mbedtls_x509write_crt_free(&writer);
    return size > 0 ? Der(room.end() - size, room.end()) : Der();
}

}  // namespace esb::test
