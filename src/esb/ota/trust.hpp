// Whose updates this device takes and which it never takes again: keys, floor, quarantine. What is lost closes.
#pragma once

#include "esb/ota/descriptor.hpp"
#include "esb/ota/keys.hpp"
#include "esb/ota/records.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace esb::ota {

// What it is given outlives it.
class Trust {
public:
    Trust(Records& records, const ImageIdentity& running) : records_(records), running_(running) {}

    // Updater::trust().
    Status add_anchor(std::string_view key);
    // At boot, once.
    void load();

    // Every update, command and key set is refused.
    bool lost() const { return lost_; }
    void distrust() { lost_ = true; }
    // Updater::repair_trust().
    Status repair(std::uint32_t counter);

    const Keyring& keys() const { return keyring_; }
    // A signed key set: ota_key_version, errors of parse_keys() and of the store. The present one again is success.
    Status adopt(ConstBytes payload);

    std::uint32_t floor() const { return floor_; }
    // Never lowers it. What is lost is not made anew by an update: then nothing is stored.
    Status raise_floor(std::uint32_t floor);

    // An image's digest, or a message's.
    bool is_quarantined(const crypto::Digest& digest) const { return bad_.contains(digest); }
    void quarantine(const crypto::Digest& digest) { bad_.add(digest); }
    Status save_quarantine() const;

    // Of a signed command and of a signed change of settings: each is used once, in rising order, and stored before
    // what it stands for is done. ota_counter, trust_lost, the store's errors.
    Status use_command_counter(std::uint32_t counter) const;
    Status use_config_counter(std::uint32_t counter) const;
    std::optional<std::uint32_t> config_counter() const;

private:
    void use(const KeySet& set);
    bool is_present_set(const KeySet& set) const;

    Records& records_;
    const ImageIdentity& running_;
    Keyring compiled_;
    Keyring keyring_;
    std::uint32_t key_version_ = 1;  // 1: the compiled-in keys
    std::uint32_t floor_ = 0;
    BadList bad_;
    bool lost_ = false;
};

}  // namespace esb::ota
