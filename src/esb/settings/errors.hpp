// What settings, their store and their trials can fail with.
#pragma once

#include "esb/base/features.hpp"
#include "esb/base/result.hpp"

namespace esb::errors {
inline constexpr ErrorKind settings_corrupt{"settings.corrupt", "the stored settings are damaged"};
inline constexpr ErrorKind settings_newer{"settings.newer", "the stored settings are of a newer format"};

inline constexpr ErrorKind setting_unknown{"setting.unknown", "there is no setting of this name"};
inline constexpr ErrorKind setting_type{"setting.type", "the value has the wrong type"};
inline constexpr ErrorKind setting_range{"setting.range", "the value is outside the allowed range"};
inline constexpr ErrorKind setting_length{"setting.length", "the value is too short or too long"};
inline constexpr ErrorKind setting_not_utf8{"setting.not_utf8", "the text is not valid UTF-8"};
inline constexpr ErrorKind setting_format{"setting.format", "the value does not have the form this setting needs"};
inline constexpr ErrorKind setting_local_only{"setting.local_only", "this setting changes only at the device itself"};
inline constexpr ErrorKind setting_choice{"setting.choice", "the value is not one of this setting's choices"};
inline constexpr ErrorKind setting_address{
    "setting.address", "a static address needs a netmask, and a gateway in the network that both describe"};
inline constexpr ErrorKind setting_host_address{
    "setting.host_address", "no host can have this address: it is a network's own, its broadcast, or reserved"};
inline constexpr ErrorKind setting_address_clash{"setting.address_clash",
                                                 "the set-up page's address lies in the network of the static address"};
inline constexpr ErrorKind setting_trust{
    "setting.trust", "a broker that is known by an authority needs its certificate, by its own key a pin"};
inline constexpr ErrorKind setting_enterprise{
    "setting.enterprise", "an enterprise network needs its server's name and authority; PEAP a user with a password, TLS a certificate; "
                          "and no pass"};
inline constexpr ErrorKind setting_certificate{"setting.certificate", "no certificate belongs here"};
inline constexpr ErrorKind setting_not_on_shelf{"setting.not_on_shelf", "there is no such certificate: give it as PEM"};
inline constexpr ErrorKind setting_own_certificate{"setting.own_certificate",
                                                   "this certificate is for a key that this device has not got"};
inline constexpr ErrorKind setting_needed{"setting.needed", "this secret can be replaced, not taken away"};
inline constexpr ErrorKind setting_secret{"setting.secret", "this setting is secret: it can be replaced, not read"};

inline constexpr ErrorKind host_scheme{
    "host.scheme",
    "only mqtts:// may stand before a broker's host, which must speak TLS; before a time server's ntp://"};
inline constexpr ErrorKind host_parts{"host.parts", "a host name or IPv4 address belongs here, without user or path"};
inline constexpr ErrorKind host_ipv6{
    "host.ipv6", "no IPv6 address, or this firmware takes none: give a host name or an IPv4 address"};
inline constexpr ErrorKind host_port{"host.port",
                                     "what stands behind the host is no port, or not the port given for it"};

inline constexpr ErrorKind settings_full{"settings.full", "the settings do not fit into their blob"};
inline constexpr ErrorKind shelf_full{"shelf.full", "no place is left for another certificate"};
inline constexpr ErrorKind settings_not_loaded{"settings.not_loaded", "the settings have not been loaded"};

inline constexpr ErrorKind config_not_object{"config.not_object", "a change of settings is one JSON object"};
inline constexpr ErrorKind config_wrapped{"config.wrapped",
                                          "only a secret comes encrypted, as {\"jwe\":...}, and only by MQTT"};

inline constexpr ErrorKind trust_lost{"trust.lost", "what this device must not forget is damaged (trust repair)"};

inline constexpr ErrorKind config_on_trial{"config.on_trial",
                                           "another change is on trial: keep it or take it back first"};
inline constexpr ErrorKind config_no_trial{"config.no_trial", "no change is on trial"};
inline constexpr ErrorKind config_no_address{"config.no_address", "no address was obtained in time"};
inline constexpr ErrorKind config_no_round_trip{"config.no_round_trip", "no message came back from the broker in time"};
inline constexpr ErrorKind config_interrupted{"config.interrupted",
                                              "the device restarted before the change had proved itself"};
inline constexpr ErrorKind config_taken_back{"config.taken_back", "the change was taken back by hand"};
}  // namespace esb::errors

namespace esb::settings {

// Every one of them, in the order above.
inline constexpr const ErrorKind* all_errors[] = {
    &errors::settings_corrupt,
    &errors::settings_newer,
    &errors::setting_unknown,
    &errors::setting_type,
    &errors::setting_range,
    &errors::setting_length,
    &errors::setting_not_utf8,
    &errors::setting_format,
    &errors::setting_local_only,
    &errors::setting_choice,
    &errors::setting_address,
    &errors::setting_host_address,
    &errors::setting_address_clash,
    &errors::setting_trust,
#if ESB_WIFI_ENTERPRISE
    &errors::setting_enterprise,
#endif
    &errors::setting_certificate,
    &errors::setting_not_on_shelf,
    &errors::setting_own_certificate,
    &errors::setting_needed,
    &errors::setting_secret,
    &errors::host_scheme,
    &errors::host_parts,
    &errors::host_ipv6,
    &errors::host_port,
    &errors::settings_full,
    &errors::shelf_full,
    &errors::settings_not_loaded,
    &errors::config_not_object,
    &errors::config_wrapped,
    &errors::trust_lost,
    &errors::config_on_trial,
    &errors::config_no_trial,
    &errors::config_no_address,
    &errors::config_no_round_trip,
    &errors::config_interrupted,
    &errors::config_taken_back,
};

}  // namespace esb::settings
