// What the update engine remembers in KeyValue. The first five are small versioned records, each with a CRC; whoever loads
// one treats it as a hint or checks it again: an envelope is verified anew, a download mark is compared with the flash.
// The others are what must never be forgotten: they are kept twice (settings/trust_record.hpp).
//
//   key        content                                              written
//   ota.job    the accepted message (envelope, or URL|md5)          before a download starts; removed when it ends
//   ota.mark   how far the idle slot is filled, and its hash        every 16 KiB of download
//   ota.trial  the image to try or tried, and how it went           before the boot slot changes; removed on confirmation
//   ota.run    the confirmed running image                          on confirmation
//   ota.prev   the confirmed image before it, in the other slot     on confirmation; removed before that slot is erased
//   ota.data.a what lies in slot a's partitions of data; .b: slot b's  before these are erased, and when all of it is there
//   ota.floor  lowest seq ever accepted again                       on confirmation
//   ota.bad    digests that are not tried again                     on quarantine
//   ota.fail   which messages have failed, and how often            after a failure that wore the flash
//   ota.wait   what was said of the message that waits              when it is said; removed with the message
//   ota.skip   which version is not wanted                          before its message is removed
//   ota.ctr    counter of the last signed command                   before the command is executed
//   cfg.ctr    counter of the last signed change of settings        before the change is made
//   ota.keys   the signed key set in use                            before it is used
#pragma once

#include "esb/base/fixed.hpp"
#include "esb/base/result.hpp"
#include "esb/base/time.hpp"
#include "esb/chip/key_value.hpp"
#include "esb/chip/slots.hpp"
#include "esb/crypto/crypto.hpp"
#include "esb/ota/envelope.hpp"
#include "esb/ota/errors.hpp"
#include "esb/ota/manifest.hpp"
#include "esb/settings/sealed.hpp"
#include "esb/settings/trust_record.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace esb::ota {

// Which of an update's files is fetched: the image, its packed form "z", or that of number `first_delta` + i in "from".
using Form = std::uint8_t;
inline constexpr Form full_form = 0;
inline constexpr Form packed_form = 1;
inline constexpr Form first_delta = 2;

// Stored: job | le32 bytes | prefix, and of another form than the image: u8 form | le32 packed. Firmwares from before the
// packed forms take a record with these for none.
struct MarkRecord {
    crypto::Digest job{};      // identity of the accepted message
    std::uint32_t bytes = 0;   // this many, from the start of the idle slot
    crypto::Digest prefix{};   // SHA-256 of these bytes as read back from flash
    Form form = full_form;     // that they were made of
    std::uint32_t packed = 0;  // where that file goes on, before its encryption
};

// An image and where it lies. What was there from birth, installed by no update, has neither size nor hash nor message.
// Stored: u8 slot | le32 seq | le32 size | sha256 | job. Where one of the three is absent it is left out, and the first
// byte says so (bit 7, and bit 4, 5 or 6). The form without bit 7 is that of the first firmwares, which wrote zeros for
// "absent" and may be gone back to, so it is used for all that they can read.
struct ImageRecord {
    chip::SlotId slot = chip::SlotId::a;
    std::uint32_t seq = 0;
    std::optional<std::uint32_t> size;
    std::optional<crypto::Digest> sha256;
    std::optional<crypto::Digest> job;  // of the message that installed it
    friend bool operator==(const ImageRecord&, const ImageRecord&) = default;
};

enum class TrialPhase : std::uint8_t {
    prepared,    // the boot slot is about to change
    switched,    // it has changed; the restart follows
    started,     // the new image has run
    confirming,  // the new image was healthy and is about to be confirmed
    silent,      // the new image has given itself up
    failed,      // counted; another trial follows
    ended,       // counted; no further trial
    confirmed,   // the boot record says so, and the floor is about to close the way back
};
enum class TrialCause : std::uint8_t { none, crashed, hung, silent, power, boot_loader, cancelled };

struct TrialRecord {
    ImageRecord image;
    FixedString<31> ver;
    std::uint32_t floor = 0;     // becomes the device's on confirmation
    std::uint32_t from_seq = 0;  // of the image that switched to it
    TrialPhase phase = TrialPhase::prepared;
    TrialCause cause = TrialCause::none;  // of the latest failure
    bool rollback = false;                // a signed rollback: not tried a second time
    std::uint8_t crashes = 0;             // hangs included
    std::uint8_t other_failures = 0;      // silence, power losses, boot loader
};

struct BadList {
    FixedVector<crypto::Digest, 8> digests;  // oldest first
    bool contains(const crypto::Digest& digest) const;
    // Makes room by forgetting the oldest.
    void add(const crypto::Digest& digest);
};
// What a firmware from before the mirrors has added meanwhile.
bool absorb(BadList& list, const BadList& earlier);
bool absorb(KeySet& set, const KeySet& earlier);

// Wrong files by address, in all starts; at strike_limit an address is not asked any more.
using Strikes = std::array<std::uint8_t, max_urls>;
inline constexpr std::uint8_t strike_limit = 4;

// What has failed, so that no start begins all over again.
struct FailureList {
    struct Entry {
        crypto::Digest job{};  // of the message
        Strikes strikes{};
        std::uint8_t failures = 0;  // of the whole
    };
    FixedVector<Entry, 6> entries;  // latest last
    // Null when it has not failed.
    const Entry* find(const crypto::Digest& job) const;
    // Becomes the latest; makes room by forgetting the oldest.
    Entry& of(const crypto::Digest& job);
    // Whether there was one.
    bool forget(const crypto::Digest& job);
};

// What was said of the message in ota.job while it waits; without a record nothing was.
// Stored: job | u8 wanted | le32 seconds postponed | le64 until.
struct WaitRecord {
    crypto::Digest job{};           // of the message
    bool wanted = false;            // it may be installed
    UnixTime postponed{};           // for so long; 0: it is not
    std::optional<UnixTime> until;  // then; empty: the time was not known
    friend bool operator==(const WaitRecord&, const WaitRecord&) = default;
};

// Neither this message nor any version up to this one is wanted. Stored: job, and le32 seq where there is one.
struct SkipRecord {
    crypto::Digest job{};
    std::optional<std::uint32_t> seq;
    friend bool operator==(const SkipRecord&, const SkipRecord&) = default;
};

// What an update has brought into the partitions that belong to a slot, checked byte by byte; the data of the image of that
// seq and of no other. Stored: le32 seq | u8 count | for each: u8 length | name | le32 size | sha256.
struct DataRecord {
    struct Part {
        FixedString<14> name;
        std::uint32_t size = 0;
        crypto::Digest sha256{};
        friend bool operator==(const Part&, const Part&) = default;
    };
    std::uint32_t seq = 0;
    FixedVector<Part, max_data> parts;
    // Null when it is not there.
    const Part* find(std::string_view name) const;
    friend bool operator==(const DataRecord& a, const DataRecord& b) {
        return a.seq == b.seq && std::equal(a.parts.begin(), a.parts.end(), b.parts.begin(), b.parts.end());
    }
};

// The records' bytes without version and CRC. Decoders accept exactly what encoders make: ota_record otherwise.
void encode(const MarkRecord& record, ByteWriter& out);
void encode(const ImageRecord& record, ByteWriter& out);
void encode(const TrialRecord& record, ByteWriter& out);
void encode(const BadList& record, ByteWriter& out);
void encode(const FailureList& record, ByteWriter& out);
void encode(const KeySet& record, ByteWriter& out);
void encode(const WaitRecord& record, ByteWriter& out);
void encode(const SkipRecord& record, ByteWriter& out);
void encode(const DataRecord& record, ByteWriter& out);
Status decode(ConstBytes bytes, MarkRecord& out);
Status decode(ConstBytes bytes, ImageRecord& out);
Status decode(ConstBytes bytes, TrialRecord& out);
Status decode(ConstBytes bytes, BadList& out);
Status decode(ConstBytes bytes, FailureList& out);
Status decode(ConstBytes bytes, KeySet& out);
Status decode(ConstBytes bytes, WaitRecord& out);
Status decode(ConstBytes bytes, SkipRecord& out);
Status decode(ConstBytes bytes, DataRecord& out);

// settings/sealed.hpp, version 1.
Result<ConstBytes> seal_record(std::string_view key, ConstBytes content, MutBytes out);
void seal_in_place(std::string_view key, MutBytes record);
Result<ConstBytes> unseal_record(std::string_view key, ConstBytes stored);

namespace record_keys {
inline constexpr std::string_view job = "ota.job";
inline constexpr std::string_view mark = "ota.mark";
inline constexpr std::string_view trial = "ota.trial";
inline constexpr std::string_view run = "ota.run";
inline constexpr std::string_view previous = "ota.prev";
inline constexpr std::string_view failures = "ota.fail";
inline constexpr std::string_view wait = "ota.wait";
inline constexpr std::string_view skip = "ota.skip";
inline constexpr std::string_view data[] = {"ota.data.a", "ota.data.b"};
}  // namespace record_keys

inline constexpr std::size_t stored_max = 240;  // longest stored form, in bytes

// Typed access to one record. Loading gives kv_not_found, ota_record, or the store's error.
template <typename T>
class Stored {
public:
    Stored(chip::KeyValue& key_value, std::string_view key) : key_value_(key_value), key_(key) {}

    Result<T> load() const {
        std::array<std::uint8_t, stored_max> buffer;
        const auto stored = key_value_.get(key_, buffer);
        if (!stored) return fail(stored.error() == errors::kv_too_small ? Error(errors::ota_record) : stored.error());
        const auto content = unseal_record(key_, *stored);
        if (!content) return fail(content.error());
        T value{};
        ESB_TRY(decode(*content, value));
        return value;
    }
    Status save(const T& value) const {
        std::array<std::uint8_t, stored_max> record;
        ByteWriter writer(MutBytes(record).subspan(1, record.size() - settings::seal_overhead));
        encode(value, writer);
        if (writer.overflowed()) return fail(errors::too_long);
        const auto sealed = MutBytes(record).first(writer.size() + settings::seal_overhead);
        seal_in_place(key_, sealed);
        return key_value_.put(key_, sealed);
    }
    Status remove() const { return key_value_.remove(key_); }

private:
    chip::KeyValue& key_value_;
    std::string_view key_;
};

// All of them.
class Records {
public:
    explicit Records(chip::KeyValue& key_value);

    Stored<MarkRecord> mark;
    Stored<TrialRecord> trial;
    Stored<ImageRecord> run;
    Stored<ImageRecord> previous;
    Stored<FailureList> failures;
    Stored<WaitRecord> wait;
    Stored<SkipRecord> skip;
    settings::TrustRecord<std::uint32_t> floor;
    settings::TrustRecord<BadList> bad;
    settings::TrustRecord<std::uint32_t> counter;
    settings::TrustRecord<std::uint32_t> config_counter;
    settings::TrustRecord<KeySet> keys;

    // Of the partitions that belong to the slot.
    Stored<DataRecord> data(chip::SlotId slot) const {
        return {key_value_, record_keys::data[static_cast<std::size_t>(slot)]};
    }

    // The accepted message; `scratch` holds at least job_buffer bytes and receives it.
    static constexpr std::size_t job_buffer = envelope_max + settings::seal_overhead;
    Result<std::string_view> load_job(MutBytes scratch) const;
    Status save_job(std::string_view message, MutBytes scratch) const;
    Status remove_job() const;

private:
    chip::KeyValue& key_value_;
};

}  // namespace esb::ota
