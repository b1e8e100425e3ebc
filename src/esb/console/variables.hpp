// Named variables of the firmware that a person can look at while it runs.
#pragma once

#include "esb/base/fixed.hpp"
#include "esb/console/report.hpp"

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <iterator>
#include <optional>
#include <string_view>
#include <type_traits>

namespace esb::console {

// Variables are read on the reactor's task while the owner may change them: a number that fits into one word, or is
// volatile or atomic, is seen whole; a text should change on the reactor's task only.
class Variables {
public:
    static constexpr std::size_t max_variables = 24;

    // The name and the variable must live as long as the device. bool, integers of 8 to 64 bits, float, double (each
    // also volatile, or std::atomic), and texts: char arrays, const char*, std::string, std::string_view, FixedString.
    // `full`, or invalid_argument for an empty name or one that is taken.
    template <typename T>
    Status add(std::string_view name, const volatile T& variable) {
        using Plain = std::remove_cv_t<T>;
        return add({name, const_cast<const T*>(&variable), &show<Plain>});
    }

    std::size_t size() const { return variables_.size(); }
    std::string_view name(std::size_t index) const { return variables_[index].name; }
    std::optional<std::size_t> find(std::string_view name) const {
        for (std::size_t i = 0; i < size(); ++i) {
            if (variables_[i].name == name) return i;
        }
        return std::nullopt;
    }
    // The value as a fact of this key.
    void show(std::size_t index, std::string_view key, Report& report) const {
        variables_[index].show(variables_[index].at, key, report);
    }

private:
    struct Variable {
        std::string_view name;
        const void* at = nullptr;
        void (*show)(const void* at, std::string_view key, Report& report) = nullptr;
    };

    template <typename T>
    static void show(const void* at, std::string_view key, Report& report) {
        if constexpr (std::is_array_v<T>) {  // of characters, with or without a NUL
            const auto& text = *static_cast<const T*>(at);
            report.fact(key, std::string_view(text, static_cast<std::size_t>(
                                                        std::find(std::begin(text), std::end(text), '\0') - text)));
        } else if constexpr (std::is_arithmetic_v<T>) {
            report.fact(key, T{*static_cast<const volatile T*>(at)});
        } else if constexpr (requires(const T& value) { value.load(); }) {
            report.fact(key, static_cast<const T*>(at)->load());
        } else {
            report.fact(key, std::string_view(*static_cast<const T*>(at)));
        }
    }
    Status add(const Variable& variable) {
        if (variable.name.empty() || find(variable.name)) return fail(errors::invalid_argument);
        return variables_.push_back(variable);
    }

    FixedVector<Variable, max_variables> variables_;
};

}  // namespace esb::console
