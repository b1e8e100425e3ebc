// Topics as an author names them.
#pragma once

#include "esb/link/topic.hpp"

#include <concepts>
#include <string_view>

namespace esb {

// A topic, or for subscriptions a filter, below <base>/app/; or with foreign() a whole one. Made from any text.
class Topic {
public:
    template <std::convertible_to<std::string_view> Text>
    constexpr Topic(const Text& below_app) : name_(below_app) {}

    link::Topic where() const { return {name_, root_}; }

private:
    friend constexpr Topic foreign(std::string_view whole);
    constexpr Topic(std::string_view name, link::Root root) : name_(name), root_(root) {}

    std::string_view name_;
    link::Root root_ = link::Root::app;
};

// A topic that belongs to no device, such as "site/alarm". The broker's account must allow it: that of
// `esb broker add` allows the device's own topics only, see docs/guide.md. A filter's first level is no wildcard.
//     device.subscribe(esb::foreign("site/+/alarm"), handler);
constexpr Topic foreign(std::string_view whole) { return {whole, link::Root::none}; }

}  // namespace esb
