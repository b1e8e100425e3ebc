// Writes properties of MQTT 5.0 packets (section 2.2.2); message.hpp has their names and what reads them.
#pragma once

#include "esb/mqtt/message.hpp"

namespace esb::mqtt {

// Writes properties into a caller's buffer. One that does not fit is left out, and so are all after it: overflowed().
class PropertyWriter {
public:
    explicit PropertyWriter(MutBytes out) : out_(out) {}  // encodes to `out`

    [[gnu::noinline]] PropertyWriter& number(Property property, std::uint32_t value);  // of its own size
    PropertyWriter& data(Property property, ConstBytes value);                         // up to 65,535 bytes
    // In UTF-8.
    PropertyWriter& text(Property property, std::string_view value) { return data(property, as_bytes(value)); }
    PropertyWriter& user(std::string_view name, std::string_view value);  // a pair

    bool overflowed() const { return overflowed_; }           // something did not fit and was left out
    ConstBytes written() const { return out_.first(used_); }  // encoded

private:
    void begin(Property property) {
        begun_ = used_;
        put(static_cast<std::uint8_t>(property), 1);
    }
    PropertyWriter& end();
    void put(std::uint32_t value, std::size_t size);
    void field(ConstBytes value);

    MutBytes out_;
    std::size_t used_ = 0;
    std::size_t begun_ = 0;  // where the property at hand begins
    bool overflowed_ = false;
};

}  // namespace esb::mqtt
