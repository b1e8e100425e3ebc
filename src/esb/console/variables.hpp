// Named variables of the firmware that a person can look at while it runs.
#pragma once

#include "esb/base/fixed.hpp"
#include "esb/console/report.hpp"

#include <cstddef>
#include <optional>
#include <string_view>

namespace esb::console {

// Variables are read on the reactor's task while the owner may change them: a number that fits into one word, or is
// volatile or atomic, is seen whole; a text should change on the reactor's task only.
class Variables {
public:
    static constexpr std::size_t max_variables = 24;  // of one firmware

    using Show = void (*)(const volatile void* at, std::string_view key, Report& report);  // writes one

    // The name and the variable must live as long as the device; what can be one: Report::variable(). `full`, or
    // invalid_argument for an empty name or one that is taken.
    template <typename T>
    Status add(std::string_view name, const volatile T& variable) {
        return add(name, &variable, show<T>);
    }
    Status add(std::string_view name, const volatile void* at, Show how) {
        if (name.empty() || find(name)) return fail(errors::invalid_argument);
        return variables_.push_back({name, at, how});
    }
    template <typename T>
    static void show(const volatile void* at, std::string_view key, Report& report) {
        report.variable(key, *static_cast<const volatile T*>(at));
    }

    std::size_t size() const { return variables_.size(); }                             // how many
    std::string_view name(std::size_t index) const { return variables_[index].name; }  // as its author said
    std::optional<std::size_t> find(std::string_view name) const {                     // its index
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
        const volatile void* at = nullptr;
        Show show = nullptr;
    };

    FixedVector<Variable, max_variables> variables_;
};

}  // namespace esb::console
