#include "host/vchip/flash_tear.hpp"

#include <algorithm>

namespace esb::vchip {
namespace {

// A byte whose bits are each set with a likelihood of `weight` / 16.
std::uint8_t weighted_byte(SeededRandom& random, std::uint64_t weight) {
    std::uint64_t dice = random.next();
    unsigned byte = 0;
    for (unsigned bit = 0; bit < 8; ++bit, dice >>= 4) {
        if ((dice & 0x0F) < weight) byte |= 1U << bit;
    }
    return static_cast<std::uint8_t>(byte);
}

std::uint8_t mix(std::uint8_t before, std::uint8_t target, std::uint8_t done) {
    return static_cast<std::uint8_t>((before & ~done) | (target & done));
}

void tear_prefix(SeededRandom& random, TornBytes& torn, ConstBytes target) {
    copy(target.first(random.below(target.size())), torn.bytes);
}

void tear_random_bits(SeededRandom& random, TornBytes& torn, ConstBytes target) {
    const auto weight = random.below(17);  // from hardly begun to hardly anything missing
    for (std::size_t i = 0; i < target.size(); ++i) {
        torn.bytes[i] = mix(torn.bytes[i], target[i], weighted_byte(random, weight));
    }
}

void tear_half_done(SeededRandom& random, TornBytes& torn, ConstBytes target, bool erasing) {
    for (std::size_t at = 0; at < target.size();) {
        const std::size_t end = std::min<std::size_t>(target.size(), at + 1 + random.below(512));
        const auto fate = random.below(3);
        for (; at < end; ++at) {
            if (fate == 0) continue;
            const auto noise = static_cast<std::uint8_t>(random.next());
            if (fate == 1) torn.bytes[at] = target[at];
            // An erase drives cells both ways before it is done; a program can only have cleared what it had to.
            if (fate == 2) torn.bytes[at] = erasing ? noise : mix(torn.bytes[at], target[at], noise);
        }
    }
}

// One to three of the bits that had to change hang between, all others are done or all are as they were: read by
// luck, the operation seems complete or never begun.
void tear_by_a_few_bits(SeededRandom& random, TornBytes& torn, ConstBytes target) {
    const std::vector<std::uint8_t> before = torn.bytes;
    if (random.below(2) == 0) copy(target, torn.bytes);
    const auto count = 1 + random.below(3);
    for (std::uint64_t tries = 0; tries < 64 && torn.unstable.size() < count; ++tries) {
        const std::size_t at = random.below(target.size());
        const auto bit = static_cast<std::uint8_t>((before[at] ^ target[at]) & (1U << random.below(8)));
        if (bit != 0) torn.unstable[at] = bit;
    }
    for (const auto& [at, bit] : torn.unstable) torn.bytes[at] = mix(torn.bytes[at], before[at], bit);
}

void tear_unstable(SeededRandom& random, TornBytes& torn, ConstBytes target) {
    if (random.below(2) == 0) return tear_by_a_few_bits(random, torn, target);
    const auto done_weight = random.below(17);
    const auto unstable_weight = 1 + random.below(16);
    const std::size_t reached = 1 + random.below(target.size());  // nothing happened behind it
    for (std::size_t i = 0; i < reached; ++i) {
        const auto changing = static_cast<std::uint8_t>(torn.bytes[i] ^ target[i]);
        const std::uint8_t done = weighted_byte(random, done_weight);
        const auto shaky = static_cast<std::uint8_t>(changing & ~done & weighted_byte(random, unstable_weight));
        torn.bytes[i] = mix(torn.bytes[i], target[i], done);
        if (shaky != 0) torn.unstable[i] = shaky;
    }
}

}  // namespace

TornBytes tear(const PowerCut& cut, ConstBytes before, ConstBytes target, bool erasing) {
    SeededRandom random(cut.seed * 1000003 + cut.operation);
    TornBytes torn{{before.begin(), before.end()}, {}};
    if (target.empty() || cut.kind == CutKind::before) return torn;
    if (cut.kind == CutKind::after) torn.bytes.assign(target.begin(), target.end());
    if (cut.kind == CutKind::prefix) tear_prefix(random, torn, target);
    if (cut.kind == CutKind::random_bits) tear_random_bits(random, torn, target);
    if (cut.kind == CutKind::half_done) tear_half_done(random, torn, target, erasing);
    if (cut.kind == CutKind::unstable) tear_unstable(random, torn, target);
    return torn;
}

}  // namespace esb::vchip
