#include "esb/base/real.hpp"

#include "esb/base/encoding.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

namespace esb {
namespace {

constexpr int mantissa_bits = 52;
constexpr int exponent_all_ones = 0x7FF;
constexpr int exponent_bias = 1023 + mantissa_bits;
constexpr std::uint32_t limb_base = 1'000'000'000;
constexpr int limb_digits = 9;

// A natural number of any size that a double needs: the smallest one is an integer of 767 digits, times a power of ten.
class Digits {
public:
    explicit Digits(std::uint64_t value) {
        for (; value > 0; value /= limb_base) limbs_[used_++] = static_cast<std::uint32_t>(value % limb_base);
    }
    void multiply(std::uint32_t factor, int times) {
        for (; times > 0; --times) {
            std::uint64_t carry = 0;
            for (std::size_t i = 0; i < used_; ++i) {
                carry += std::uint64_t{limbs_[i]} * factor;
                limbs_[i] = static_cast<std::uint32_t>(carry % limb_base);
                carry /= limb_base;
            }
            if (carry > 0) limbs_[used_++] = static_cast<std::uint32_t>(carry);
        }
    }
    // How many decimal digits it has.
    int count() const {
        int count = limb_digits * static_cast<int>(used_);
        while (count > 0 && at(count - 1) == 0) --count;
        return count;
    }
    // The digit of 10^place.
    unsigned at(int place) const {
        if (place < 0) return 0;
        std::uint32_t limb = limbs_[static_cast<std::size_t>(place / limb_digits)];
        for (int i = place % limb_digits; i > 0; --i) limb /= 10;
        return limb % 10;
    }

private:
    std::array<std::uint32_t, 86> limbs_{};  // the least significant first
    std::size_t used_ = 0;
};

// The most significant digits, rounded to the nearest, at a tie to even. True when they became one more.
bool take_rounded(const Digits& number, int count, std::span<char> out) {
    const int wanted = static_cast<int>(out.size());
    for (int i = 0; i < wanted; ++i) {
        out[static_cast<std::size_t>(i)] = static_cast<char>('0' + number.at(count - 1 - i));
    }
    const int next = count - 1 - wanted;
    bool up = number.at(next) > 5;
    if (number.at(next) == 5) {
        up = (out.back() - '0') % 2 == 1;
        for (int i = 0; i < next && !up; ++i) up = number.at(i) != 0;
    }
    if (!up) return false;
    auto digit = out.rbegin();
    for (; digit != out.rend() && *digit == '9'; ++digit) *digit = '0';
    if (digit != out.rend()) {
        ++*digit;
        return false;
    }
    out.front() = '1';
    return true;
}

class Text {
public:
    void add(std::string_view part) { static_cast<void>(text_.append(part)); }  // 24 are enough for all
    void zeros(int count) {
        for (; count > 0; --count) add("0");
    }
    FixedString<24> take() const { return text_; }

private:
    FixedString<24> text_;
};

// `digits` without zeros at the end; `exponent` is that of the first.
void write(Text& text, std::string_view digits, int exponent, int wanted) {
    const auto size = static_cast<int>(digits.size());
    if (exponent < -4 || exponent >= wanted) {
        text.add(digits.substr(0, 1));
        if (size > 1) text.add(".");
        text.add(digits.substr(1));
        text.add(exponent < 0 ? "e-" : "e+");
        const int magnitude = exponent < 0 ? -exponent : exponent;
        if (magnitude < 10) text.add("0");
        text.add(decimal(static_cast<std::uint64_t>(magnitude)));
        return;
    }
    if (exponent < 0) {
        text.add("0.");
        text.zeros(-exponent - 1);
        text.add(digits);
        return;
    }
    const int whole = std::min(size, exponent + 1);
    text.add(digits.substr(0, static_cast<std::size_t>(whole)));
    text.zeros(exponent + 1 - whole);
    if (size > whole) text.add(".");
    text.add(digits.substr(static_cast<std::size_t>(whole)));
}

}  // namespace

FixedString<24> real(double value, int digits) {
    const auto bits = std::bit_cast<std::uint64_t>(value);
    std::uint64_t mantissa = bits & ((1ULL << mantissa_bits) - 1);
    int exponent = static_cast<int>(bits >> mantissa_bits) & exponent_all_ones;
    Text text;
    if (bits >> 63 != 0) text.add("-");
    if (exponent == exponent_all_ones) {
        text.add(mantissa == 0 ? "inf" : "nan");
        return text.take();
    }
    if (exponent > 0) mantissa |= 1ULL << mantissa_bits;
    exponent = std::max(exponent, 1) - exponent_bias;
    if (mantissa == 0) {
        text.add("0");
        return text.take();
    }
    // value = mantissa * 2^exponent; below 1 that is mantissa * 5^-exponent * 10^exponent.
    const int even = exponent < 0 ? std::min(std::countr_zero(mantissa), -exponent) : 0;
    mantissa >>= even;
    exponent += even;
    Digits number(mantissa);
    number.multiply(exponent < 0 ? 5 : 2, exponent < 0 ? -exponent : exponent);
    const int count = number.count();
    int first = count - 1 + std::min(exponent, 0);

    std::array<char, real_digits_max> buffer{};
    const int wanted = std::clamp(digits, 1, real_digits_max);
    const auto rounded = std::span(buffer).first(static_cast<std::size_t>(wanted));
    if (take_rounded(number, count, rounded)) ++first;
    std::string_view shown(rounded.data(), rounded.size());
    shown = shown.substr(0, shown.find_last_not_of('0') + 1);
    write(text, shown, first, wanted);
    return text.take();
}

}  // namespace esb
