// The values: one versioned blob, kept in two generations, so that a cut or a corrupt one leaves the other.
#pragma once

#include "esb/base/bytes.hpp"
#include "esb/base/result.hpp"
#include "esb/chip/key_value.hpp"
#include "esb/settings/blob.hpp"
#include "esb/settings/errors.hpp"
#include "esb/settings/host_field.hpp"
#include "esb/settings/keys.hpp"
#include "esb/settings/mirrors.hpp"
#include "esb/settings/schema.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace esb::settings {

// A set of changes that is applied whole or not at all.
class Patch {
public:
    Patch(const Schema& schema, Origin origin);  // empty; `origin` asks for what is set

    // Adds or replaces a change. setting_unknown, setting_local_only (origin mqtt), the errors of parse();
    // settings_full. The patch is then unchanged. A host with a port behind it (host_field.hpp) sets that port as well;
    // host_port when the patch says another one, before or after it.
    Status set(std::string_view name, std::string_view text);
    Status set_bytes(std::string_view name, ConstBytes bytes);
    // Back to the default.
    Status unset(std::string_view name);
    // The same for the base's own: nothing is searched in the schema.
    Status set(AnyKey key, std::string_view text) { return set(schema_.at(key), text); }
    Status set_bytes(AnyKey key, ConstBytes bytes) { return set_bytes(schema_.at(key), bytes); }
    Status unset(AnyKey key) { return unset(schema_.at(key)); }

    bool empty() const { return used_ == 0; }         // nothing is set
    void clear();                                     // nothing is set any more, secrets are wiped
    const Schema& schema() const { return schema_; }  // that of the constructor
    Origin origin() const { return origin_; }         // that of the constructor
    // The records, in the blob's form.
    ConstBytes records() const { return ConstBytes(records_).first(used_); }

    ~Patch();  // wipes
    Patch(const Patch&) = delete;
    Patch& operator=(const Patch&) = delete;

private:
    Status allowed(const Setting& setting) const;
    Status set(const Setting& setting, std::string_view text);
    Status set_bytes(const Setting& setting, ConstBytes bytes);
    Status unset(const Setting& setting);
    Status set_host(const Setting& setting, const HostSetting& host, std::string_view text);
    Status set_value(const Setting& setting, std::string_view text);
    Status check_port(std::string_view name, ConstBytes value) const;
    Status put(const Record& change);

    const Schema& schema_;
    Origin origin_;
    std::array<std::optional<std::uint16_t>, std::size(names::brokers)> ports_of_hosts_{};
    std::array<std::uint8_t, blob_max / 2> records_{};
    std::size_t used_ = 0;
};

enum class Loaded : std::uint8_t {  // what load() found
    fresh,                          // nothing stored yet
    stored,                         // the newest generation
    recovered,                      // one of the two generations was corrupt: the other one
    reverted,                       // a staged generation was never confirmed: the one before it (or nothing)
    lost,                           // neither generation can be read: defaults
};

// The values in use. A value that is stored but that today's schema refuses counts as not stored; a stored value
// of a name that today's schema does not know is kept for the firmware that knows it.
class Store {
public:
    Store(chip::KeyValue& key_value, const Schema& schema);  // nothing is read before load()
    ~Store();                                                // wipes
    Store(const Store&) = delete;
    Store& operator=(const Store&) = delete;

    // Reads the newest good generation. settings_newer leaves all as it is and every commit refused; in use is then
    // the other generation if this firmware can read it (the one from before an update that was rolled back).
    // The key/value store's own error when neither generation could be read because of it; commits are then refused
    // too, so that what is there is not overwritten. May be called again.
    Result<Loaded> load();

    // Values in use (staged ones included): the stored one or the default. Views live until the next change.
    // The base's own, by key: in constant time, and another type does not compile.
    bool boolean(Key<Type::boolean> key) const { return number_in_use(key) != 0; }
    std::int32_t integer(Key<Type::integer> key) const { return number_in_use(key); }
    std::string_view text(Key<Type::text> key) const { return as_text(in_use(key)); }
    std::string_view text(Key<Type::choice> key) const { return as_text(in_use(key)); }
    ConstBytes bytes(Key<Type::octets> key) const { return in_use(key); }
    ConstBytes bytes(Key<Type::key> key) const { return in_use(key); }
    template <Type other>
    bool boolean(Key<other>) const = delete;
    template <Type other>
    std::int32_t integer(Key<other>) const = delete;
    template <Type other>
    std::string_view text(Key<other>) const = delete;
    template <Type other>
    ConstBytes bytes(Key<other>) const = delete;
    // Any, by name. It must be in the schema and of that type; otherwise false, 0 or nothing.
    bool boolean(std::string_view name) const;
    std::int32_t integer(std::string_view name) const;
    std::string_view text(std::string_view name) const;  // also a choice
    ConstBytes bytes(std::string_view name) const;       // octets and key
    // True when a value is stored, even one equal to the default.
    bool is_set(AnyKey key) const { return places_[key.row()] != 0; }
    bool is_set(std::string_view name) const;
    // The value in use in text form, written into `out` (text_max always suffices). setting_unknown,
    // setting_secret, too_long.
    Result<std::string_view> show(std::string_view name, std::span<char> out) const;

    // True when the values in use say this of one of the keys, or those that may still come back.
    bool mentions(std::span<const Key<Type::key>> among, ConstBytes value) const;

    // Applies a patch at once and durably. No flash operation when nothing changes. Old values on any error.
    // `busy` while a staged generation waits; the errors of check_together(); setting_needed; settings_full,
    // settings_newer, settings_not_loaded, the key/value store's errors (if that has stored it all the same, a restart
    // finds the new values).
    Status commit(const Patch& patch);

    // Applies a patch on trial: durable as "staged"; load() after a restart goes back to what was before.
    // What needs no stage is treated the same, but when nothing in the patch needs one this is commit(). Errors as
    // of commit().
    // `tag` names the change: a restart that ends the trial tells it by reverted_tag().
    Status stage(const Patch& patch, const ChangeTag& tag = {});
    // The change that load() has taken back (Loaded::reverted).
    const ChangeTag& reverted_tag() const { return reverted_tag_; }
    // True while this stage still has to be confirmed.
    bool waits_for(Stage stage) const;
    bool staged() const { return staged_mask_ != 0; }
    // One stage has succeeded; when it was the last one the staged values become the committed ones, durably.
    // On an error nothing has changed: the stage can be confirmed again, or reverted.
    Status confirm(Stage stage);
    // The values before stage() return, durably. On an error the staged ones are still in use, until a restart.
    Status revert();

    // Drops every stored value (factory reset), durably, whatever load() said. After an error, or a loss of power
    // meanwhile, either nothing is dropped or a trial has ended: repeat it. An error that leaves open whether the last
    // values are gone has every commit refused until then, or until load().
    Status erase_all();
    // The same for all values but those in `kept`, in one step; what is dropped is gone from both
    // generations. Repeat it after an error or a loss of power. Settings that could not be read are all dropped.
    Status erase_all_but(std::span<const AnyKey> kept);
    // Rises with every change of the values in use, for whoever caches something made of them.
    std::uint32_t revision() const { return revision_; }
    // True when nobody can say what the local-only settings were: neither the generations nor their copy can be read. A
    // console may have had a password, updates a key of their own. Until erase_all() or erase_all_but().
    bool local_lost() const { return local_lost_; }

private:
    struct Blob {
        std::array<std::uint8_t, blob_max> bytes{};
        std::size_t size = 0;

        ConstBytes view() const { return ConstBytes(bytes).first(size); }
        ConstBytes records() const { return view().subspan(size < blob_header_size ? size : blob_header_size); }
        void clear();  // wipes
    };
    static constexpr std::array<std::string_view, 2> keys = {"cfg.a", "cfg.b"};

    // One of the two keys as load() found it.
    struct Found {
        enum class State : std::uint8_t { absent, good, corrupt, unreadable, newer };
        State state = State::absent;
        BlobHeader header;
        std::optional<Error> error;  // unreadable
    };
    struct Changes {
        bool any = false;
        std::uint8_t stages = 0;
    };

    Found read(std::size_t key);
    Result<Loaded> choose(Found a, Found b);
    Result<Loaded> choose_good(std::span<const Found, 2> found);

    Status writable() const;
    Changes changes(const Patch& patch) const;
    Status apply(const Patch& patch, const ChangeTag* trial);
    Status check(const ByteWriter& records, Origin by) const;
    Status write(Blob& blob, std::uint8_t staged_mask, const ChangeTag& tag = {});
    static void migrate(Blob& blob, std::uint8_t version);
    Status remove(std::size_t key);
    void drop_staged();
    void committed();

    // local.cpp
    void recall_local(const Result<Loaded>& how);
    Status adopt_local(ConstBytes kept);
    void note_local();
    bool local_changed() const;
    Status keep_local(bool anew);

    Blob& active() { return blobs_[active_]; }
    const Blob& active() const { return blobs_[active_]; }
    Blob& scratch() { return blobs_[1 - active_]; }
    const Blob& scratch() const { return blobs_[1 - active_]; }
    void swap() { active_ = 1 - active_; }

    void values_changed();
    // What is stored and allowed.
    std::optional<ConstBytes> stored(AnyKey key) const;
    std::optional<ConstBytes> stored(const Setting& setting) const;
    ConstBytes in_use(AnyKey key) const;
    std::int32_t number_in_use(AnyKey key) const;
    std::int32_t number_in_use(const Setting& setting) const;
    const Setting* find(std::string_view name, Type type, Type or_type) const;

    chip::KeyValue& key_value_;
    const Schema& schema_;
    // One is in use; the other is the next generation while it is made, and the previous one while one is staged.
    std::array<Blob, 2> blobs_;
    std::size_t active_ = 0;
    // Where the blob in use has the records of the base's settings; 0: not stored, or not allowed. See values_changed().
    std::array<std::uint16_t, base_size> places_{};
    std::uint32_t generation_ = 0;
    std::uint32_t revision_ = 0;
    std::uint8_t staged_mask_ = 0;
    ChangeTag reverted_tag_{};
    std::optional<std::uint32_t> committed_generation_;  // of the committed values; empty when there are none
    Mirrors local_;                                      // the local-only settings once more (local.cpp)
    bool local_lost_ = false;
    // The key that holds the last committed values. It is never written: every write goes to the other one.
    std::size_t committed_key_ = 1;
    std::optional<Error> refusal_{Error(errors::settings_not_loaded)};
};

}  // namespace esb::settings
