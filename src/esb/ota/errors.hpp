// Every error of this room: why an update is refused, ends, or goes back.
#pragma once

#include "esb/base/features.hpp"
#include "esb/base/result.hpp"

namespace esb::errors {
// A key, or who signed
inline constexpr ErrorKind key_malformed{"key.malformed", "this is not a P-256 public key"};
inline constexpr ErrorKind key_unknown{"key.unknown", "the envelope is signed by a key this device does not trust"};
// The envelope
inline constexpr ErrorKind envelope_too_large{"envelope.too_large", "the envelope is larger than 3500 bytes"};
inline constexpr ErrorKind envelope_malformed{"envelope.malformed", "this is not a compact JWS"};
inline constexpr ErrorKind envelope_header{"envelope.header", "the header has a member that is not alg, kid or typ"};
inline constexpr ErrorKind envelope_alg{"envelope.alg", "the algorithm is not ES256"};
inline constexpr ErrorKind envelope_typ{"envelope.typ", "the type is not one this device knows"};
// Its payload
inline constexpr ErrorKind manifest_member{"manifest.member", "a member of the manifest is missing or malformed"};
inline constexpr ErrorKind manifest_urls{"manifest.urls", "the manifest names no URL, too many, or too long ones"};
inline constexpr ErrorKind manifest_no_hash{"manifest.no_hash",
                                            "the hash is a placeholder (zeros, ones, of nothing): no image has it"};
inline constexpr ErrorKind manifest_encryption{"manifest.encryption",
                                               "the manifest encrypts the image in a way this firmware does not know"};
// Refused before anything is written
inline constexpr ErrorKind ota_wrong_app{"ota.wrong_app", "the update is for another application"};
inline constexpr ErrorKind ota_wrong_hw{"ota.wrong_hw", "the update is for another chip"};
inline constexpr ErrorKind ota_wrong_device{"ota.wrong_device", "the update is not meant for this device"};
inline constexpr ErrorKind ota_seq{"ota.seq", "the update is not newer than the running firmware"};
inline constexpr ErrorKind ota_below_floor{"ota.below_floor", "the update is older than this device accepts"};
inline constexpr ErrorKind ota_expired{"ota.expired", "the update has expired"};
inline constexpr ErrorKind ota_too_large{"ota.too_large", "the image is larger than the slot"};
inline constexpr ErrorKind ota_quarantined{"ota.quarantined", "this update crashed twice or was rolled back"};
inline constexpr ErrorKind ota_in_trial{"ota.in_trial", "the running firmware is itself still on trial"};
inline constexpr ErrorKind ota_counter{"ota.counter", "the command is old"};
inline constexpr ErrorKind ota_key_version{"ota.key_version", "the key set does not follow the stored one"};
inline constexpr ErrorKind ota_legacy_off{"ota.legacy_off", "URL|md5 is turned off (ota.legacy_md5)"};
inline constexpr ErrorKind ota_legacy_malformed{"ota.legacy_malformed", "this is not URL|md5"};
inline constexpr ErrorKind ota_heap{"ota.heap", "too little memory is free for an update"};
inline constexpr ErrorKind ota_no_rollback{"ota.no_rollback", "there is no confirmed image to go back to"};
inline constexpr ErrorKind ota_too_soon{"ota.too_soon",
                                        "this update, or too many others, failed a moment ago: offer it again later"};
inline constexpr ErrorKind ota_host{"ota.host", "the host of the image is not among ota.hosts"};
inline constexpr ErrorKind ota_given_up{"ota.given_up",
                                        "this update has failed too often: sign it anew, or: ota retry"};
inline constexpr ErrorKind ota_no_key{"ota.no_key",
                                      "the image is encrypted, and its key is not wrapped for this device"};
inline constexpr ErrorKind ota_wrong_key{"ota.wrong_key",
                                         "the image's key was wrapped for another key than the device's"};
inline constexpr ErrorKind ota_skipped{"ota.skipped", "this version is not wanted here (ota retry offers it again)"};
// Said of data for partitions
inline constexpr ErrorKind ota_data_off{"ota.data_off", "the update brings data for a partition, which this firmware does not take"};
inline constexpr ErrorKind ota_no_partition{"ota.no_partition",
                                            "the update's data needs a pair of partitions that is not there"};
inline constexpr ErrorKind ota_data_too_large{"ota.data_too_large", "the update's data is larger than its partition"};
inline constexpr ErrorKind ota_data_upload{"ota.data_upload", "an update with data comes by MQTT, not by an upload"};
inline constexpr ErrorKind ota_no_data{"ota.no_data", "the running firmware came without data of this name"};
// Said of an update that waits
inline constexpr ErrorKind ota_nothing_waits{"ota.nothing_waits", "no update waits for anybody's word"};
inline constexpr ErrorKind ota_word{"ota.word", "this is not install, postpone <time> or skip"};
inline constexpr ErrorKind ota_retained{"ota.retained", "the word was retained: it would be said again and again"};
// Ended while downloading or verifying
inline constexpr ErrorKind ota_chunk{"ota.chunk", "a piece of the file is not what was encrypted for this image"};
inline constexpr ErrorKind ota_packed{"ota.packed", "a block of the packed file cannot be unpacked"};
inline constexpr ErrorKind ota_descriptor{"ota.descriptor", "the image is not what its manifest says"};
inline constexpr ErrorKind ota_size{"ota.size", "the file has another size than the manifest says"};
inline constexpr ErrorKind ota_hash{"ota.hash", "the image in flash does not have the manifest's SHA-256"};
inline constexpr ErrorKind ota_upload_lost{"ota.upload_lost", "the upload broke off before its end"};
// Goes with `trial`: if the new firmware cannot even start, nobody goes back
inline constexpr ErrorKind ota_unguarded{"ota.unguarded",
                                         "the boot loader has no roll-back: flash one that has, by cable"};
// Why a trial ended
inline constexpr ErrorKind ota_trial_crashed{"ota.trial_crashed", "the new firmware crashed"};
inline constexpr ErrorKind ota_trial_hung{"ota.trial_hung", "the new firmware hung"};
inline constexpr ErrorKind ota_trial_silent{"ota.trial_silent", "the new firmware did not get on line in time"};
inline constexpr ErrorKind ota_trial_power{"ota.trial_power", "the power went during the trial"};
inline constexpr ErrorKind ota_boot_loader{"ota.boot_loader", "the boot loader did not start the new firmware"};
// What an image or a record is not
inline constexpr ErrorKind ota_no_descriptor{"ota.no_descriptor", "the image carries no ESP32 Secure Base descriptor"};
inline constexpr ErrorKind ota_record{"ota.record", "a stored update record cannot be read"};
}  // namespace esb::errors

namespace esb::ota {

// All of them, in the order above.
inline constexpr const ErrorKind* all_errors[] = {
    &errors::key_malformed,      &errors::key_unknown,         &errors::envelope_too_large,
    &errors::envelope_malformed, &errors::envelope_header,     &errors::envelope_alg,
    &errors::envelope_typ,       &errors::manifest_member,     &errors::manifest_urls,
    &errors::manifest_no_hash,   &errors::manifest_encryption, &errors::ota_wrong_app,
    &errors::ota_wrong_hw,       &errors::ota_wrong_device,    &errors::ota_seq,
    &errors::ota_below_floor,    &errors::ota_expired,         &errors::ota_too_large,
    &errors::ota_quarantined,    &errors::ota_in_trial,        &errors::ota_counter,
    &errors::ota_key_version,    &errors::ota_legacy_off,      &errors::ota_legacy_malformed,
    &errors::ota_heap,           &errors::ota_no_rollback,     &errors::ota_too_soon,
    &errors::ota_host,           &errors::ota_given_up,        &errors::ota_no_key,
    &errors::ota_wrong_key,      &errors::ota_skipped,         &errors::ota_data_off,
#if ESB_DATA_PARTITIONS  // what a firmware has not got it does not say
    &errors::ota_no_partition,   &errors::ota_data_too_large,  &errors::ota_data_upload,
    &errors::ota_no_data,
#endif
    &errors::ota_nothing_waits,
    &errors::ota_word,           &errors::ota_retained,        &errors::ota_chunk,
    &errors::ota_packed,         &errors::ota_descriptor,      &errors::ota_size,
    &errors::ota_hash,           &errors::ota_upload_lost,     &errors::ota_unguarded,
    &errors::ota_trial_crashed,  &errors::ota_trial_hung,      &errors::ota_trial_silent,
    &errors::ota_trial_power,    &errors::ota_boot_loader,     &errors::ota_no_descriptor,
    &errors::ota_record,
};

}  // namespace esb::ota
