// What can be set: the tables that console, portal, MQTT, validation and docs/settings.md all read.
#pragma once

#include "esb/base/fixed.hpp"
#include "esb/base/result.hpp"
#include "esb/settings/errors.hpp"
#include "esb/settings/keys.hpp"
#include "esb/settings/setting.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace esb::settings {

// The base's own table plus the author's, in that order. Not changed after Device::start().
class Schema {
public:
    static constexpr std::size_t max_tables = 4;  // the base's and three of authors

    // The settings of the base itself (defaults.cpp).
    Schema();
    // Adds an author's table, which must live as long as the device. `full`; invalid_argument (detail: the index
    // in the table) for a bad or duplicate name, impossible bounds, or a default that its own rules refuse; a
    // secret with a default would be the same on every device and is refused too. Nothing is added then. `title` stands
    // above them on the set-up page.
    Status add(std::span<const Setting> table, PageText title = {});

    // Gives a setting another default, once, before it is in use; the text must live as long. setting_unknown,
    // `full`, the errors of parse().
    Status set_fallback(std::string_view name, std::string_view fallback);

    // One of the base, by its row: nothing is searched.
    const Setting& at(AnyKey key) const { return as_changed(base_table()[key.row()]); }
    // Null when there is none.
    const Setting* find(std::string_view name) const;
    std::size_t size() const;
    const Setting& at(std::size_t index) const;
    // The title of the author's table that this setting is of, may be empty; none for a setting of the base.
    std::optional<std::string_view> title(std::size_t index) const;

private:
    struct Table {
        std::span<const Setting> rows;
        [[no_unique_address]] PageText title;
    };
    struct Changed {
        const Setting* row;
        Setting setting;  // with another default
    };

    const Setting& as_changed(const Setting& row) const;

    FixedVector<Table, max_tables> tables_;
    FixedVector<Changed, 2> changed_;
};

}  // namespace esb::settings
