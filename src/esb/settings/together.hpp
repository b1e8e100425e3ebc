// What no setting can tell alone: whether values fit together, and whether a change leaves the device protected.
#pragma once

#include "esb/base/bytes.hpp"
#include "esb/base/result.hpp"
#include "esb/settings/setting.hpp"

namespace esb::settings {

// Whether the values of `records` (blob.hpp) fit together. setting_address, setting_host_address,
// setting_address_clash, setting_trust, setting_enterprise. What is the same in `before` has been let in by an earlier version, and is no reason to refuse
// another change.
Status check_together(ConstBytes records, ConstBytes before);
// Whether a change leaves the device as well protected as it was: neither the access point's password nor the last key
// of a broker may go, and from afar (`by` MQTT) not the password of a network that stays. setting_needed. Only who
// types at the console may drop the device's own two: the next start makes new ones and shows them there, and until
// then the access point does not open.
Status check_protection(ConstBytes before, ConstBytes after, Origin by);

}  // namespace esb::settings
