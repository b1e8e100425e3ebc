#include "esb/mqtt/properties.hpp"

#include "esb/mqtt/property_scan.hpp"

namespace esb::mqtt {
namespace {

using Type = PropertyType;

// Goes from property to property.
class Items {
public:
    explicit Items(ConstBytes bytes) : rest_(bytes) {}

    // The next one of that name, or of user properties the index-th. False if there is none, also where the bytes make
    // no sense any more.
    bool find(Property property, std::size_t index = 0) {
        while (next()) {
            if (id == property && index-- == 0) return true;
        }
        return false;
    }

    Property id{};
    std::uint32_t number = 0;
    ConstBytes first;   // of a text, of data, of a pair
    ConstBytes second;  // of a pair

private:
    bool next() {
        if (rest_.empty()) return false;
        id = static_cast<Property>(rest_[0]);
        rest_ = rest_.subspan(1);
        const Type type = type_of(id);
        if (type == Type::variable) return take_variable();
        if (type < Type::text) return take_number(type == Type::four ? 4 : static_cast<std::size_t>(type));
        return take_bytes(first) && (type != Type::pair || take_bytes(second));
    }
    [[gnu::noinline]] bool take_number(std::size_t size) {
        if (size == 0 || size > rest_.size()) return false;
        number = 0;
        while (size-- > 0) {
            number = number << 8 | rest_[0];
            rest_ = rest_.subspan(1);
        }
        return true;
    }
    bool take_variable() {
        number = 0;
        for (unsigned shift = 0; shift < 28 && !rest_.empty(); shift += 7) {
            const std::uint8_t byte = rest_[0];
            rest_ = rest_.subspan(1);
            number |= static_cast<std::uint32_t>(byte & 0x7F) << shift;
            if (byte < 0x80) return true;
        }
        return false;
    }
    [[gnu::noinline]] bool take_bytes(ConstBytes& bytes) {
        if (!take_number(2) || number > rest_.size()) return false;
        bytes = rest_.first(number);
        rest_ = rest_.subspan(number);
        return true;
    }

    ConstBytes rest_;
};
static_assert(static_cast<int>(Type::flag) == 1 && static_cast<int>(Type::two) == 2);

}  // namespace

std::optional<std::uint32_t> Properties::number(Property property) const {
    Items items(bytes_);
    if (!items.find(property)) return std::nullopt;
    return items.number;
}

ConstBytes Properties::data(Property property) const {
    Items items(bytes_);
    return items.find(property) ? items.first : ConstBytes();
}

std::optional<UserProperty> Properties::user(std::size_t index) const {
    Items items(bytes_);
    if (!items.find(Property::user, index)) return std::nullopt;
    return UserProperty{as_text(items.first), as_text(items.second)};
}

void PropertyWriter::put(std::uint32_t value, std::size_t size) {
    if (overflowed_ || out_.size() - used_ < size) {
        overflowed_ = true;
        return;
    }
    while (size-- > 0) out_[used_++] = static_cast<std::uint8_t>(value >> 8 * size);
}

void PropertyWriter::field(ConstBytes value) {
    overflowed_ = overflowed_ || value.size() > 0xFFFF;
    put(static_cast<std::uint32_t>(value.size()), 2);
    overflowed_ = overflowed_ || value.size() > out_.size() - used_;
    if (overflowed_) return;
    copy(value, out_.subspan(used_));
    used_ += value.size();
}

PropertyWriter& PropertyWriter::number(Property property, std::uint32_t value) {
    const Type type = type_of(property);
    begin(property);
    put(value, type == Type::four ? 4 : static_cast<std::size_t>(type));
    return end();
}

PropertyWriter& PropertyWriter::data(Property property, ConstBytes value) {
    begin(property);
    field(value);
    return end();
}

PropertyWriter& PropertyWriter::user(std::string_view name, std::string_view value) {
    begin(Property::user);
    field(as_bytes(name));
    field(as_bytes(value));
    return end();
}

// Half a property is none.
PropertyWriter& PropertyWriter::end() {
    if (overflowed_) used_ = begun_;
    return *this;
}

}  // namespace esb::mqtt
