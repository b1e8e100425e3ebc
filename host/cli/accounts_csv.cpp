#include "host/cli/accounts_csv.hpp"

#include "esb/base/ascii.hpp"
#include "esb/base/file_text.hpp"
#include "esb/base/identity.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

namespace esb::cli {
namespace {

std::string_view without_quotes(std::string_view value) {
    if (value.size() >= 2 && value.starts_with('"') && value.ends_with('"')) return value.substr(1, value.size() - 2);
    return value;
}

std::vector<std::string_view> values_of(std::string_view line) {
    std::vector<std::string_view> values;
    for (;;) {
        const auto comma = line.find(',');
        values.push_back(without_quotes(line.substr(0, comma)));
        if (comma == std::string_view::npos) return values;
        line.remove_prefix(comma + 1);
    }
}

std::unexpected<Failure> bad_line(std::size_t number, std::string_view what) {
    return failure("line " + std::to_string(number) + ": " + std::string(what));
}

bool is_key(std::string_view text) {
    return text.size() % 2 == 0 && text.size() >= psk_digits_min && text.size() <= psk_digits_max &&
           std::all_of(text.begin(), text.end(), is_hex_digit);
}

class Table {
public:
    Outcome<void> take(std::string_view line, std::size_t number) {
        const auto values = values_of(line);
        if (!columns_) return take_head(values, number);
        if (values.size() != count_) return bad_line(number, std::to_string(count_) + " values are expected");
        const std::string identity(values[columns_->first]);
        std::string psk(values[columns_->second]);
        if (!make_identity(identity)) return bad_line(number, "'" + identity + "' is not an identity");
        if (!is_key(psk)) return bad_line(number, "the PSK must be 32 to 64 hex digits");
        if (!identities_.insert(identity).second) return bad_line(number, identity + " comes twice");
        std::transform(psk.begin(), psk.end(), psk.begin(), ascii_lower);  // as accounts are stored and compared
        accounts.push_back({identity, std::move(psk)});
        return {};
    }
    bool has_head() const { return columns_.has_value(); }
    std::vector<DeviceKey> accounts;

private:
    Outcome<void> take_head(const std::vector<std::string_view>& names, std::size_t number) {
        const auto place = [&](std::string_view name) -> std::optional<std::size_t> {
            if (std::count(names.begin(), names.end(), name) != 1) return std::nullopt;
            return static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
        };
        const auto identity = place("ident");
        const auto psk = place("psk");
        if (!identity || !psk) return bad_line(number, "the columns 'ident' and 'psk' are expected, once each");
        columns_ = {*identity, *psk};
        count_ = names.size();
        return {};
    }

    std::optional<std::pair<std::size_t, std::size_t>> columns_;
    std::size_t count_ = 0;
    std::set<std::string> identities_;
};

}  // namespace

Outcome<std::vector<DeviceKey>> parse_accounts_csv(std::string_view text) {
    text = without_mark(text);
    Table table;
    for (std::size_t number = 1; !text.empty(); ++number) {
        auto line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.empty()) continue;
        if (auto taken = table.take(line, number); !taken) return std::unexpected(taken.error());
    }
    if (!table.has_head()) return failure("there is no line with the columns' names");
    return std::move(table.accounts);
}

std::string accounts_csv(const std::vector<DeviceKey>& accounts) {
    std::string text = "ident,psk\n";
    for (const auto& account : accounts) text += account.identity + ',' + account.psk + '\n';
    return text;
}

}  // namespace esb::cli
