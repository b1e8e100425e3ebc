// An authority in a folder: its key, its certificate, what it has signed. For people without a PKI of their own
// (docs/ca.md).
#pragma once

#include "host/cli/authority_index.hpp"
#include "host/cli/files.hpp"
#include "host/cli/outcome.hpp"
#include "host/cli/read_certificate.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace esb::cli {

using Calendar = Seconds (*)();
Seconds calendar_now();

inline constexpr unsigned authority_days = 7300;
inline constexpr unsigned server_days = 730;
inline constexpr unsigned client_days = 365;  // devices and operators
inline constexpr unsigned max_days = 7300;
inline constexpr std::size_t max_hosts = 8;

// What is to be signed.
struct Order {
    CertificateKind kind = CertificateKind::device;
    std::string subject;
    crypto::P256PublicKey key;
    std::vector<std::string> hosts = {};  // of a server
    unsigned days = client_days;
};

class AuthorityWork;

// Files: ca.key, ca.crt, index (what is true), crl.pem (made from it), issued/SERIAL.pem, invitations (enrollment.hpp).
class Authority {
public:
    // Writes a new folder; fails when it holds an authority. `name` empty: one that nobody else has.
    static Outcome<Authority> create(const std::filesystem::path& folder, const std::string& name,
                                     unsigned days = authority_days, Calendar calendar = calendar_now);
    static Outcome<Authority> open(const std::filesystem::path& folder, Calendar calendar = calendar_now);

    // Keeps other runs out as long as it lives.
    Outcome<AuthorityWork> begin() const;
    Outcome<AuthorityIndex> index() const;
    // The text of a certificate that was signed here.
    Outcome<std::string> issued(const Serial& serial) const;

    const std::filesystem::path& path() const { return folder_; }
    std::filesystem::path revocation_list() const { return folder_ / "crl.pem"; }
    const CertificateFacts& certificate() const { return certificate_; }
    std::string certificate_pem() const;
    Seconds now() const { return calendar_(); }

private:
    Authority(std::filesystem::path folder, Calendar calendar) : folder_(std::move(folder)), calendar_(calendar) {}
    static Outcome<CertificateFacts> make_certificate(const Authority& authority, const SigningKey& key,
                                                      const std::string& name, unsigned days);
    std::filesystem::path index_file() const { return folder_ / "index"; }
    std::filesystem::path issued_file(const Serial& serial) const;

    friend class AuthorityWork;
    std::filesystem::path folder_;  // absolute
    Calendar calendar_;
    CertificateFacts certificate_;
};

// One run at work: nobody else signs or revokes meanwhile.
class AuthorityWork {
public:
    const AuthorityIndex& index() const { return index_; }

    // Signs, with a serial number that was not used before. The index knows it before the certificate exists: a loss of
    // power leaves at worst a line without a certificate.
    Outcome<CertificateFacts> issue(const Order& order);
    // The latest good certificate that `serial_or_subject` means, again: the same key and names, another life.
    Outcome<CertificateFacts> renew(std::string_view serial_or_subject, unsigned days);
    // How many were revoked; the index first, then the list. Fails for none.
    Outcome<std::size_t> revoke(std::string_view serial_or_subject);

private:
    friend class Authority;
    AuthorityWork(const Authority& authority, FolderLock lock, SigningKey key, AuthorityIndex index)
        : authority_(authority), lock_(std::move(lock)), key_(std::move(key)), index_(std::move(index)) {}
    Outcome<void> write_list() const;
    Outcome<void> finish_earlier() const;

    Authority authority_;
    FolderLock lock_;
    SigningKey key_;
    AuthorityIndex index_;
};

// Makes a key and stores it (0600), whole or not at all; fails where there is a file.
Outcome<SigningKey> make_key(const std::filesystem::path& file);
// One that is not private is not used.
Outcome<SigningKey> load_key(const std::filesystem::path& file);
// The one that an earlier run left, which a loss of power ended, or a new one.
Outcome<SigningKey> load_or_make_key(const std::filesystem::path& file);

// Fails unless the kind of certificate may have this subject and these hosts.
Outcome<void> check_order(const Order& order);

}  // namespace esb::cli
