// A device's life by dice: offers (of the image, compressed, as a difference, encrypted), bad images, uploads, roll-backs, key
// sets, cancels and saved settings in any order, and the power goes three to ten times, at any flash operation, the boot
// loader's included. The same seed is the same life.
#pragma once

#include "esb/ota/errors.hpp"
#include "esb/settings/store.hpp"
#include "host/cli/image_encryption.hpp"
#include "host/cli/packer.hpp"
#include "tests/support/bundle.hpp"
#include "tests/support/packed_rig.hpp"
#include "tests/support/update_rig.hpp"

#include <algorithm>
#include <array>
#include <compare>
#include <cstdint>
#include <set>
#include <string>

namespace esb::test {

// What the lives share: making images and signatures takes longer than living.
class ChainSupplies {
public:
    static constexpr std::uint32_t first_seq = 41;
    static constexpr std::size_t images = 48;
    static constexpr std::size_t signers = 3;

    ChainSupplies() {
        for (std::size_t i = 0; i < images; ++i) {
            const auto seq = static_cast<std::uint32_t>(first_seq + i);
            made_[i] = image_like_code({.seq = seq, .ver = "1.0.0", .body = 1000 + 2000 * (i % 4)}, 1);
        }
    }
    // How an image is offered. What the difference is from is on the device, or was: then the next form has its turn.
    struct Way {
        std::uint32_t seq = 0;
        std::uint32_t from = 0;  // 0: no difference
        bool compressed = false;
        bool encrypted = false;
        friend auto operator<=>(const Way&, const Way&) = default;

        bool packed() const { return compressed || from != 0; }
    };
    struct Files {
        Image image;  // or what it is encrypted to
        Image compressed;
        Image difference;
        std::string more;  // of the manifest
    };
    const Files& files(const Way& way) {
        auto& made = files_[way];
        if (made.image.empty()) made = make_files(way);
        return made;
    }
    const Image& image(std::uint32_t seq) const { return made_[seq - first_seq]; }
    TestSigner& signer(std::size_t index) { return *signers_[index]; }
    // Every second image closes the way back to those before its predecessor.
    const std::string& offer(const Way& way, std::size_t signer) {
        auto& text = offers_[{way, signer}];
        if (text.empty()) {
            auto manifest = Manifest::of(image(way.seq), way.seq % 2 == 0 ? way.seq - 1 : 0);
            manifest.more = files(way).more;
            text = signers_[signer]->envelope("esb-update", manifest.json());
        }
        return text;
    }
    const std::string& command(std::string_view verb, unsigned counter, std::size_t signer) {
        auto& text = commands_[std::string(verb) + std::to_string(counter) + "/" + std::to_string(signer)];
        if (text.empty()) {
            const auto number = counter == 0 ? std::string() : R"(,"ctr":)" + std::to_string(counter);
            text = signers_[signer]->envelope("esb-command", R"({"cmd":")" + std::string(verb) + "\"" + number + "}");
        }
        return text;
    }
    // Of version `next` + 1: each set holds one key.
    const std::string& key_set(std::size_t next) {
        auto& text = key_sets_[next];
        if (text.empty()) {
            const auto set = R"({"ver":)" + std::to_string(next + 1) + R"(,"keys":[)" + signers_[next]->jwk() + "]}";
            text = signers_[next - 1]->envelope("esb-keys", set);
        }
        return text;
    }

private:
    static Image bytes_of(std::string_view text) { return {text.begin(), text.end()}; }
    Files make_files(const Way& way) const {
        const Image& whole = image(way.seq);
        Files made{.image = whole, .compressed = {}, .difference = {}, .more = {}};
        std::vector<cli::PackedFile> forms;
        if (way.compressed) {
            forms.push_back({"esb z", cli::pack_image(whole)});
            made.compressed = bytes_of(forms.back().bytes);
            made.more +=
                R"(,"z":{"size":)" + std::to_string(made.compressed.size()) + R"(,"url":"http://192.0.2.2/file"})";
        }
        if (way.from != 0) {
            const Image& old = image(way.from);
            const auto digest = hex(crypto::sha256(old));
            forms.push_back({"esb from " + digest, cli::pack_image(whole, old)});
            made.difference = bytes_of(forms.back().bytes);
            made.more += R"(,"from":[{"sha256":")" + digest + R"(","size":)" + std::to_string(old.size()) +
                         R"(,"packed":)" + std::to_string(made.difference.size()) +
                         R"(,"url":"http://192.0.2.3/file"}])";
        }
        if (way.encrypted) encrypt(way, forms, made);
        return made;
    }
    void encrypt(const Way& way, const std::vector<cli::PackedFile>& forms, Files& made) const {
        cli::ImageFile facts;
        facts.size = static_cast<std::uint32_t>(made.image.size());
        facts.sha256 = crypto::sha256(made.image);
        vchip::SimEntropy entropy(way.seq);  // the same life has the same keys
        const auto hidden = cli::encrypt_image(facts, as_text(made.image), {}, forms, entropy).value();
        made.image = bytes_of(hidden.file);
        std::size_t next = 0;
        if (way.compressed) made.compressed = bytes_of(hidden.forms[next++]);
        if (way.from != 0) made.difference = bytes_of(hidden.forms[next]);
        made.more += ",\"enc\":" + hidden.encryption;
    }

    std::array<Image, images> made_;
    std::map<Way, Files> files_;
    std::array<std::unique_ptr<TestSigner>, signers> signers_{
        std::make_unique<TestSigner>(), std::make_unique<TestSigner>("second"), std::make_unique<TestSigner>("third")};
    std::map<std::pair<Way, std::size_t>, std::string> offers_;
    std::map<std::string, std::string> commands_;
    std::array<std::string, signers> key_sets_;
};

class UpdateChain {
public:
    UpdateChain(ChainSupplies& supplies, std::uint64_t seed)
        : supplies_(supplies),
          dice_(seed * 2654435761U + 1),
          store_(factory_flash(supplies.image(ChainSupplies::first_seq))),
          flash_(store_, {}, seed + 1),
          rig_(flash_) {
        allow(ChainSupplies::first_seq, Conduct::healthy);
        rig_.limit = std::chrono::seconds(70);
        rig_.before_begin = [this](chip::KeyValue& key_value) { use_settings(key_value); };
        rig_.begun = [this](ota::Updater& updater) { probe(updater); };
        rig_.on_line = [this](ota::Updater& updater) { act(updater); };
    }

    // Empty, or what did not hold.
    std::string live() {
        const auto cuts = 3 + dice_.below(8);
        while (cuts_ < cuts && wrong_.empty()) {
            plan_cut();
            // A cut further on than one deed goes waits for the next.
            for (int i = 0; i < 60 && flash_.powered() && wrong_.empty(); ++i) {
                choose();
                for (int boots = 0; boots < 3 && wrong_.empty(); ++boots) {
                    if (boot().end == BootEnd::settled || !flash_.powered()) break;
                }
            }
            if (!flash_.powered()) {
                ++cuts_;
                settle_boot_record();
            }
            if (flash_.powered()) wrong("the cut was never reached");
        }
        if (wrong_.empty()) finish();
        return wrong_;
    }
    std::uint64_t cuts() const { return cuts_; }
    std::uint64_t boots() const { return boots_; }
    // Updates that were offered in a smaller form than the image, and encrypted ones.
    std::uint64_t packed_updates() const { return packed_updates_; }
    std::uint64_t encrypted_updates() const { return encrypted_updates_; }
    // Files of a smaller form that were asked for.
    std::uint64_t packed_requests() const {
        return static_cast<std::uint64_t>(compressed_server_.connections) +
               static_cast<std::uint64_t>(difference_server_.connections);
    }
    // What happened, line by line.
    const std::string& story() const { return story_; }

private:
    enum class Deed : std::uint8_t { offer, bad_offer, upload, roll_back, key_set, cancel, nothing };

    void tell(const std::string& text) { story_ += text + "\n"; }
    void wrong(const std::string& text) {
        if (wrong_.empty()) wrong_ = text;
    }
    void allow(std::uint32_t seq, Conduct conduct) {
        rig_.allow(supplies_.image(seq), conduct);
        conducts_[seq] = conduct;
    }
    void plan_cut() {
        if (!flash_.powered()) flash_.power_on();
        const vchip::PowerCut cut{1 + flash_.operations() + dice_.below(110),
                                  vchip::all_cut_kinds[dice_.below(std::size(vchip::all_cut_kinds))],
                                  1 + dice_.below(1'000'000)};
        flash_.set_plan({cut, {}});
        tell("cut " + vchip::to_text(cut));
    }
    // ESP-IDF's boot loader obeys the boot record as it reads it. Against a sequence number or a CRC that reads differently at
    // each start nobody has a defense (docs/proof.md), so those cells come to rest either way; the state's may hang.
    void settle_boot_record() {
        constexpr std::size_t otadata = 0xF000;
        constexpr std::size_t size = 2 * vchip::erase_unit;
        auto cell = store_.unstable.lower_bound(otadata);
        while (cell != store_.unstable.end() && cell->first < otadata + size) {
            const auto within = cell->first % vchip::erase_unit;
            const bool of_state = within >= 24 && within < 28;
            if (of_state || within >= vchip::BootEntry::size) {
                ++cell;
                continue;
            }
            std::array<std::uint8_t, 1> byte{};
            static_cast<void>(store_.read(cell->first, byte));
            byte[0] = static_cast<std::uint8_t>(byte[0] ^ (cell->second & dice_.next()));
            static_cast<void>(store_.write(cell->first, byte));
            cell = store_.unstable.erase(cell);
        }
    }
    void choose() {
        deed_ = static_cast<Deed>(dice_.below(7));
        saves_ = dice_.below(3) == 0;
        const bool brings_image = deed_ == Deed::offer || deed_ == Deed::bad_offer || deed_ == Deed::upload;
        // One image is left for the end; the message before stays at the broker.
        const bool none_left = newest_ + 2 >= ChainSupplies::first_seq + ChainSupplies::images;
        saves_ = saves_ || none_left;
        if (!brings_image || none_left) return;
        constexpr Conduct bad[] = {Conduct::crashes_late, Conduct::hangs, Conduct::silent};
        ++newest_;
        allow(newest_, deed_ == Deed::bad_offer ? bad[dice_.below(3)] : Conduct::healthy);
        target_ = {};
        if (deed_ != Deed::upload) target_ = way_to(newest_);
        offered_.insert(newest_);
    }
    // Every second update as ever. A difference is from what runs, or from what does not run any more.
    ChainSupplies::Way way_to(std::uint32_t seq) {
        ChainSupplies::Way way{.seq = seq};
        if (dice_.below(2) == 0) return way;
        const auto form = dice_.below(4);
        way.compressed = form == 0 || form == 2;
        if (form == 1 || form == 2) way.from = confirmed_;
        way.encrypted = form == 3 || dice_.below(2) == 0;
        packed_updates_ += way.packed() ? 1 : 0;
        encrypted_updates_ += way.encrypted ? 1 : 0;
        tell("offer " + std::to_string(seq) + (way.compressed ? " compressed" : "") +
             (way.from != 0 ? " as a difference" : "") + (way.encrypted ? " encrypted" : ""));
        return way;
    }
    void serve() {
        const auto& files = supplies_.files(target_);
        rig_.server.file = files.image;
        compressed_server_.file = files.compressed;
        difference_server_.file = files.difference;
    }

    // The settings live in the same partition as the records of updates.
    void use_settings(chip::KeyValue& key_value) {
        settings::Store store(key_value, schema_);
        const auto loaded = store.load();
        if (!flash_.powered()) return;
        if (!loaded || *loaded == settings::Loaded::lost) return wrong("the settings are lost");
        const std::string found(store.text(settings::names::mqtt_host));
        if (found != saved_ && found != saving_) return wrong("'" + found + "' is set, not '" + saved_ + "'");
        saved_ = saving_ = found;
        if (!saves_) return;
        saves_ = false;
        saving_ = "h" + std::to_string(++saves_made_) + ".example";
        settings::Patch patch(schema_, settings::Origin::console);
        if (patch.set("mqtt.0.host", saving_) && store.commit(patch)) saved_ = saving_;
    }
    // Exactly one of the key sets counts; what was acknowledged stays.
    void probe(ota::Updater& updater) {
        const auto counts = [&](std::size_t index) {
            const auto outcome = updater.offer(as_bytes(supplies_.command("cancel", 0, index)));
            return !outcome && outcome.error() == errors::manifest_member;  // the signature was good
        };
        std::size_t good = 0;
        std::size_t found = 0;
        for (std::size_t i = signer_; i <= next_signer_; ++i) {
            if (!counts(i)) continue;
            ++good;
            found = i;
        }
        if (!flash_.powered()) return;
        if (good != 1) return wrong("not exactly one key set counts");
        signer_ = next_signer_ = found;
        if (used_command_.empty()) return;
        const auto again = updater.offer(as_bytes(used_command_));
        const bool refused = !again && (again.error() == errors::ota_counter || again.error() == errors::key_unknown);
        if (!refused && flash_.powered()) wrong("a command was taken twice");
    }
    // Once the device is on line; what is retained comes after it.
    void act(ota::Updater& updater) {
        const Deed deed = deed_;
        deed_ = Deed::nothing;
        if (deed == Deed::upload && target_.seq == 0) {
            const auto bundle = bundle_of(supplies_.offer({.seq = newest_}, signer_), supplies_.image(newest_));
            static_cast<void>(upload(updater, bundle));
        }
        if (deed == Deed::roll_back) command(updater, "rollback");
        if (deed == Deed::cancel) command(updater, "cancel");
        if (deed == Deed::key_set && signer_ + 1 < ChainSupplies::signers) {
            next_signer_ = signer_ + 1;
            const bool taken = updater.offer(as_bytes(supplies_.key_set(next_signer_))).has_value();
            if (taken) signer_ = next_signer_;
            tell("key set " + std::to_string(next_signer_ + 1) + (taken ? " taken" : ""));
        }
        rig_.retained.clear();
        if (target_.seq == 0) return;
        serve();
        rig_.retained = supplies_.offer(target_, signer_);
    }
    void command(ota::Updater& updater, std::string_view verb) {
        const auto& text = supplies_.command(verb, ++counter_, signer_);
        const auto outcome = updater.offer(as_bytes(text));
        tell(std::string(verb) + (outcome ? " taken" : " refused: " + std::string(outcome.error().name())));
        if (!outcome) return;
        used_command_ = text;
        if (verb != "rollback") return;
        going_back_ = true;
        ordered_back_at_ = boots_ + 1;  // in the boot that runs
    }

    const Boot& boot() {
        if (target_.seq != 0) serve();
        last_ = rig_.boot();
        ++boots_;
        tell("boot: seq " + std::to_string(last_.seq) + ", end " + std::to_string(static_cast<int>(last_.end)) + ", " +
             std::string(name(last_.last.state)) + " " +
             (last_.last.error ? std::string(last_.last.error->name()) : std::string()) + ", floor " +
             std::to_string(last_.floor));
        judge();
        return last_;
    }
    void judge() {
        if (last_.end == BootEnd::no_image) return wrong("nothing boots");
        if (last_.end == BootEnd::power_lost && last_.seq == 0) return;  // it was the boot loader's
        if (!last_.authorized) return wrong("an unauthorized image runs");
        if (last_.seq < floor_) return wrong("an image below the floor runs");
        const bool is_candidate = last_.seq > confirmed_ && offered_.contains(last_.seq);
        const bool is_earlier = going_back_ && was_confirmed_.contains(last_.seq);
        if (last_.seq != confirmed_ && !is_candidate && !is_earlier) return wrong("a confirmed image has reverted");
        for (const auto& report : last_.log.reports) {
            if (report.state != ota::State::confirmed) continue;
            was_confirmed_.insert(last_.seq);  // if the power went while it was told, it is confirmed all the same
            if (report.error) continue;
            confirmed_ = last_.seq;
            going_back_ = going_back_ && ordered_back_at_ == boots_;  // it was confirmed before that
        }
        if (last_.end == BootEnd::power_lost) return;
        if (last_.floor < floor_) return wrong("the floor fell");
        floor_ = last_.floor;
    }
    // A last update, without any cut. Boots that a bad image ends are not clean ones.
    void finish() {
        flash_.power_on();
        deed_ = Deed::nothing;
        saves_ = false;
        target_ = way_to(ChainSupplies::first_seq + ChainSupplies::images - 1);
        allow(target_.seq, Conduct::healthy);
        offered_.insert(target_.seq);
        tell("no cuts any more");
        int clean = 0;
        for (int i = 0; i < 12 && clean < 3 && wrong_.empty(); ++i) {
            boot();
            if (conducts_[last_.seq] == Conduct::healthy) ++clean;
            if (last_.end == BootEnd::settled && last_.seq == target_.seq) break;
        }
        if (last_.seq != target_.seq || last_.last.state != ota::State::confirmed || last_.last.error) {
            wrong("not done within three clean boots");
        }
    }

    ChainSupplies& supplies_;
    vchip::SeededRandom dice_;
    vchip::MemoryStore store_;
    vchip::Flash flash_;
    UpdateRig rig_;
    FileServer compressed_server_{rig_.network, chip::IpAddress::v4(192, 0, 2, 2)};
    FileServer difference_server_{rig_.network, chip::IpAddress::v4(192, 0, 2, 3)};
    settings::Schema schema_;
    Boot last_;
    std::string wrong_;
    std::string story_;
    std::uint64_t cuts_ = 0;
    std::uint64_t boots_ = 0;
    std::uint64_t packed_updates_ = 0;
    std::uint64_t encrypted_updates_ = 0;

    // What is to happen.
    Deed deed_ = Deed::nothing;
    bool saves_ = false;
    ChainSupplies::Way target_;  // of the retained message; seq 0: none
    std::uint32_t newest_ = ChainSupplies::first_seq;
    unsigned counter_ = 0;
    std::map<std::uint32_t, Conduct> conducts_;

    // What must hold.
    std::uint32_t floor_ = 0;
    std::uint32_t confirmed_ = ChainSupplies::first_seq;
    std::set<std::uint32_t> was_confirmed_{ChainSupplies::first_seq};
    std::set<std::uint32_t> offered_;
    bool going_back_ = false;
    std::uint64_t ordered_back_at_ = 0;
    std::string saved_, saving_;
    unsigned saves_made_ = 0;
    std::size_t signer_ = 0, next_signer_ = 0;
    std::string used_command_;
};

}  // namespace esb::test
