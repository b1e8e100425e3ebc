// The first boot: makes what must exist before anything else, stores it, then shows it once.
#pragma once

#include "esb/base/identity.hpp"
#include "esb/base/result.hpp"
#include "esb/chip/entropy.hpp"
#include "esb/chip/key_value.hpp"
#include "esb/settings/store.hpp"

namespace esb::life {

// Where the birth lines are shown.
class BirthLines {
public:
    virtual ~BirthLines() = default;
    virtual void show(std::string_view line) = 0;
    // True when whoever reads has every line.
    virtual bool all_seen() = 0;
};

struct BirthParts {
    settings::Store& settings;
    const settings::Schema& schema;
    chip::KeyValue& key_value;
    chip::Entropy& entropy;
    BirthLines& lines;
};

// Makes identity, PSK and access-point password where one is missing and stores all of them in one step; then prints
// the birth lines of those secrets that nobody has seen yet. Order matters: stored, shown, marked as shown. A loss of
// power shows them again at the next boot; it never loses them. A secret that was seen is never printed again, whatever
// happens to the other one; and once the device has been on line (`commissioned`) only what is made in this very call.
Status be_born(const BirthParts& parts, const Identity& identity, bool commissioned);

// Nobody has seen the secrets that will be made.
Status forget_birth(chip::KeyValue& key_value);

// The access point's password: 12 letters and digits without look-alikes, 5 bits each: 60 bits (never from the MAC).
Result<FixedString<63>> make_access_point_password(chip::Entropy& entropy);

// `WIFI:T:WPA;S:<ssid>;P:<pass>;;` with \ ; , : and " escaped, as phones read it from a QR code.
FixedString<200> wifi_qr_text(std::string_view ssid, std::string_view password);

}  // namespace esb::life
