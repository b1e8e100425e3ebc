#include "host/cli/authority_index.hpp"

#include "esb/base/encoding.hpp"
#include "esb/base/file_text.hpp"

#include <algorithm>
#include <array>
#include <sstream>
#include <utility>

namespace esb::cli {
namespace {

constexpr Seconds kept = 366 * 86400;          // how long an expired certificate stays in the index
constexpr std::int64_t latest = 253402300799;  // the end of the year 9999
constexpr std::string_view revoked_mark = "revoked:";

std::optional<CertificateKind> kind_of(std::string_view word) {
    for (const auto kind : {CertificateKind::server, CertificateKind::device, CertificateKind::operator_}) {
        if (kind_word(kind) == word) return kind;
    }
    return std::nullopt;
}

std::optional<Seconds> time_of(std::string_view word) {
    const auto time = parse_signed(word, 0, latest);
    return time ? std::optional<Seconds>(*time) : std::nullopt;
}

std::optional<Serial> serial_of(std::string_view word) {
    Serial serial{};
    const auto bytes = word.size() == 2 * serial.size() ? hex_decode(word, serial) : fail(errors::too_short);
    return bytes ? std::optional(serial) : std::nullopt;
}

std::optional<Entry> entry_of(std::istringstream& words, const std::string& first) {
    Entry entry;
    std::string state, end, kind;
    words >> state >> end >> kind >> entry.subject;
    const auto serial = serial_of(first);
    const auto not_after = time_of(end);
    const auto kind_found = kind_of(kind);
    if (!serial || !not_after || !kind_found || entry.subject.empty()) return std::nullopt;
    if (state.starts_with(revoked_mark)) {
        entry.revoked = time_of(std::string_view(state).substr(revoked_mark.size()));
        if (!entry.revoked) return std::nullopt;
    } else if (state != "good") {
        return std::nullopt;
    }
    entry.serial = *serial;
    entry.not_after = *not_after;
    entry.kind = *kind_found;
    for (std::string host; words >> host;) entry.hosts.push_back(host);
    return entry;
}

bool means(const Entry& entry, std::string_view serial_or_subject) {
    return entry.subject == serial_or_subject || serial_text(entry.serial) == serial_or_subject;
}

}  // namespace

std::string serial_text(const Serial& serial) {
    std::array<char, 32> digits{};
    return std::string(hex_encode(serial, digits).value_or(std::string_view()));
}

AuthorityIndex AuthorityIndex::begin(Seconds now) {
    AuthorityIndex index;
    index.list_time_ = now - backdated;
    return index;
}

Outcome<AuthorityIndex> AuthorityIndex::parse(std::string_view text) {
    AuthorityIndex index;
    std::istringstream lines{std::string(without_mark(text))};
    std::string line;
    for (int number = 1; std::getline(lines, line); ++number) {
        if (bare_text(line).empty() || line.front() == '#') continue;
        std::istringstream words(line);
        std::string first;
        words >> first;
        if (first == "crl") {
            std::string count, time;
            words >> count >> time;
            const auto list_number = parse_unsigned(count, 1, UINT32_MAX);
            const auto list_time = time_of(time);
            if (!list_number || !list_time) return failure("index, line " + std::to_string(number) + ": no list");
            index.list_number_ = *list_number;
            index.list_time_ = *list_time;
            continue;
        }
        auto entry = entry_of(words, first);
        if (!entry) return failure("index, line " + std::to_string(number) + ": not a certificate's line");
        index.entries_.push_back(std::move(*entry));
    }
    return index;
}

std::string AuthorityIndex::text() const {
    std::string text = "# What this authority has signed. Change with `esb ca`.\n";
    text += "crl " + std::to_string(list_number_) + ' ' + std::to_string(list_time_) + '\n';
    for (const auto& entry : entries_) {
        text += serial_text(entry.serial) + ' ';
        text += entry.revoked ? std::string(revoked_mark) + std::to_string(*entry.revoked) : std::string("good");
        text += ' ' + std::to_string(entry.not_after) + ' ' + std::string(kind_word(entry.kind)) + ' ' + entry.subject;
        for (const auto& host : entry.hosts) text += ' ' + host;
        text += '\n';
    }
    return text;
}

Outcome<void> AuthorityIndex::add(Entry entry, Seconds now) {
    if (find(entry.serial) != nullptr) return failure("this serial number has been used");
    std::erase_if(entries_, [now](const Entry& old) { return old.not_after + kept < now; });
    if (entries_.size() >= max_entries) return failure("the index is full: 100,000 certificates");
    entries_.push_back(std::move(entry));
    return {};
}

std::vector<const Entry*> AuthorityIndex::good(std::string_view serial_or_subject) const {
    std::vector<const Entry*> found;
    for (const auto& entry : entries_) {
        if (!entry.revoked && means(entry, serial_or_subject)) found.push_back(&entry);
    }
    return found;
}

const Entry* AuthorityIndex::find(const Serial& serial) const {
    const auto found =
        std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) { return entry.serial == serial; });
    return found == entries_.end() ? nullptr : &*found;
}

std::size_t AuthorityIndex::revoke(std::string_view serial_or_subject, Seconds now) {
    std::size_t count = 0;
    for (auto& entry : entries_) {
        if (entry.revoked || !means(entry, serial_or_subject)) continue;
        entry.revoked = now;
        ++count;
    }
    if (count == 0) return 0;
    ++list_number_;
    list_time_ = std::max(now - backdated, list_time_ + 1);
    return count;
}

RevocationList AuthorityIndex::revocations(Seconds now) const {
    RevocationList list;
    list.number = list_number_;
    list.this_update = list_time_;
    for (const auto& entry : entries_) {
        if (entry.revoked && entry.not_after >= now) list.revoked.push_back({entry.serial, *entry.revoked});
    }
    return list;
}

}  // namespace esb::cli
