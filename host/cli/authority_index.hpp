// What an authority has signed, and what has been revoked of it. Text in, text out; authority.hpp does files.
#pragma once

#include "host/cli/certificate.hpp"
#include "host/cli/outcome.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace esb::cli {

struct Entry {
    Serial serial{};
    std::optional<Seconds> revoked;  // when
    Seconds not_after = 0;
    CertificateKind kind = CertificateKind::device;
    std::string subject;
    std::vector<std::string> hosts;  // of a server

    bool good_at(Seconds now) const { return !revoked && now <= not_after; }
};

// In the order in which they were signed.
class AuthorityIndex {
public:
    static constexpr Seconds backdated = 3600;  // clocks of others may be a little behind, or have been put forward
    static constexpr std::size_t max_entries = 100'000;

    // Of a new authority.
    static AuthorityIndex begin(Seconds now);
    // A line each: `SERIAL good|revoked:WHEN END KIND SUBJECT HOST...`; before them `crl NUMBER WHEN`; lines that begin
    // with '#' are comments.
    static Outcome<AuthorityIndex> parse(std::string_view text);
    std::string text() const;

    // Refuses a serial number that is there already, and more than max_entries; forgets what expired `kept` ago.
    Outcome<void> add(Entry entry, Seconds now);
    // The certificates that a serial number or a subject means, and that are not revoked.
    std::vector<const Entry*> good(std::string_view serial_or_subject) const;
    const Entry* find(const Serial& serial) const;
    // Revokes them; the list below is a new one then. How many there were.
    std::size_t revoke(std::string_view serial_or_subject, Seconds now);

    // What the revocation list says: what is revoked and has not expired. Its time rises by a second at least, so that
    // who has an older one knows the newer.
    RevocationList revocations(Seconds now) const;
    Seconds list_time() const { return list_time_; }

    const std::vector<Entry>& all() const { return entries_; }

private:
    std::vector<Entry> entries_;
    std::uint64_t list_number_ = 1;
    Seconds list_time_ = 0;
};

std::string serial_text(const Serial& serial);  // 32 hex digits, lower case

}  // namespace esb::cli
