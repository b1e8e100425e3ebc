#include "host/cli/enrollment.hpp"

#include "esb/base/encoding.hpp"
#include "esb/base/identity.hpp"
#include "host/cli/machine_clock.hpp"
#include "host/vchip/entropy_posix.hpp"

#include <algorithm>
#include <array>
#include <sstream>
#include <vector>

namespace esb::cli {
namespace {

constexpr std::size_t invitations_max = 1024 * 1024;  // bytes
constexpr std::size_t max_invitations = 4096;
constexpr std::size_t max_a_day = 8;
constexpr Seconds hour = 3600;

struct Invitation {
    std::string identity;
    std::string secret_hash;  // hex
    Seconds until = 0;
    std::string key_hash;  // hex; "-" until the first request
};

std::string hash_text(std::string_view text) {
    const auto digest = crypto::sha256(as_bytes(text));
    std::array<char, 2 * digest.size()> digits{};
    return std::string(hex_encode(digest, digits).value_or(std::string_view()));
}

std::string key_hash(const crypto::P256PublicKey& key) {
    return hash_text(std::string(as_text(key.x)) + std::string(as_text(key.y)));
}

std::filesystem::path file_of(const Authority& authority) { return authority.path() / "invitations"; }

// Those whose time is not over. A file that is not there is an empty one.
Outcome<std::vector<Invitation>> load(const Authority& authority) {
    std::vector<Invitation> found;
    std::error_code error;
    if (!std::filesystem::exists(file_of(authority), error)) return found;
    const auto text = read_text(file_of(authority), invitations_max);
    if (!text) return std::unexpected(text.error());
    std::istringstream lines(*text);
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        Invitation one;
        if (!(words >> one.identity >> one.secret_hash >> one.until >> one.key_hash))
            return failure(file_of(authority).string() + " is damaged");
        if (one.until >= authority.now()) found.push_back(one);
    }
    return found;
}

Outcome<void> store(const Authority& authority, const std::vector<Invitation>& invitations) {
    std::string text;
    for (const auto& one : invitations)
        text += one.identity + ' ' + one.secret_hash + ' ' + std::to_string(one.until) + ' ' + one.key_hash + '\n';
    return replace_file(file_of(authority), text, 0600);
}

// A device asks again when an answer was lost: what was signed for this key in the last day is the answer then. And one
// that makes a new key each time is stopped before it fills the index.
Outcome<CertificateFacts> issue(const Authority& authority, AuthorityWork& work, const CertificateRequest& request) {
    const auto fresh = authority.now() + (client_days - 1) * 24 * hour;
    std::size_t count = 0;
    for (const auto* entry : work.index().good(request.subject)) {
        if (entry->kind != CertificateKind::device || entry->not_after < fresh) continue;
        ++count;
        const auto text = authority.issued(entry->serial);
        auto known = text ? read_certificate(*text) : std::unexpected(text.error());
        if (known && known->key == request.key) return known;
    }
    if (count >= max_a_day) return failure("this device has had 8 certificates today");
    return work.issue({CertificateKind::device, request.subject, request.key});
}

}  // namespace

Outcome<std::string> invite(const Authority& authority, const std::string& identity, unsigned hours) {
    if (!make_identity(identity)) return failure("'" + identity + "' is not an identity");
    if (auto good = check_clock(authority.now()); !good) return std::unexpected(good.error());
    vchip::HostEntropy entropy;
    std::array<std::uint8_t, 16> bytes{};
    std::array<char, 32> digits{};
    if (!entropy.fill(bytes)) return failure("no random numbers");
    const std::string secret(hex_encode(bytes, digits).value_or(std::string_view()));
    const auto work = authority.begin();
    if (!work) return std::unexpected(work.error());
    auto invitations = load(authority);
    if (!invitations) return std::unexpected(invitations.error());
    std::erase_if(*invitations, [&](const Invitation& one) { return one.identity == identity; });
    if (invitations->size() >= max_invitations) return failure("there are 4096 open invitations");
    invitations->push_back({identity, hash_text(secret), authority.now() + hours * hour, "-"});
    if (auto done = store(authority, *invitations); !done) return std::unexpected(done.error());
    return secret;
}

Outcome<CertificateFacts> enroll_invited(const Authority& authority, std::string_view identity, std::string_view secret,
                                         const CertificateRequest& request) {
    auto work = authority.begin();
    if (!work) return std::unexpected(work.error());
    auto invitations = load(authority);
    if (!invitations) return std::unexpected(invitations.error());
    const auto secret_hash = hash_text(secret);
    const auto found = std::find_if(invitations->begin(), invitations->end(), [&](const Invitation& one) {
        return one.identity == identity && equal_constant_time(as_bytes(one.secret_hash), as_bytes(secret_hash));
    });
    if (found == invitations->end()) return failure("no such invitation");
    if (request.subject != identity) return failure("the invitation is for another subject");
    const auto key = key_hash(request.key);
    if (found->key_hash != "-" && found->key_hash != key) return failure("the invitation was used with another key");
    // Before the certificate exists: a secret can never give two keys.
    if (found->key_hash == "-") {
        found->key_hash = key;
        if (auto done = store(authority, *invitations); !done) return std::unexpected(done.error());
    }
    return issue(authority, *work, request);
}

Outcome<CertificateFacts> enroll_again(const Authority& authority, const CertificateFacts& peer,
                                       const CertificateRequest& request) {
    auto work = authority.begin();
    if (!work) return std::unexpected(work.error());
    const auto* const known = work->index().find(peer.serial);
    if (known == nullptr || known->kind != CertificateKind::device || known->subject != peer.subject)
        return failure("the certificate is not of this authority");
    if (!known->good_at(authority.now())) return failure("the certificate is revoked or has expired");
    if (request.subject != peer.subject) return failure("the request is for another subject than the certificate");
    return issue(authority, *work, request);
}

}  // namespace esb::cli
