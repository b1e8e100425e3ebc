// `esb sign --pack --from`: files beside the image, and what the manifest and the person are told of them.
#include "host/cli/image_forms.hpp"

#include "host/cli/jws.hpp"
#include "host/cli/payloads.hpp"
#include "host/cli/signing_key.hpp"
#include "tests/support/packed.hpp"
#include "tests/support/packed_rig.hpp"
#include "tests/support/read_manifest.hpp"
#include "tests/unit/cli/cli_rig.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace esb::cli {
namespace {

using test::run_esb;
using testing::HasSubstr;

class SignedForms : public testing::Test {
protected:
    const esb::test::Image old_image = esb::test::image_like_code({.seq = 41, .ver = "1.3.0", .body = 20'000}, 1);
    const esb::test::Image image = esb::test::next_image(old_image, {.seq = 42, .ver = "1.4.0"});
    const test::Folder folder;

    SignedForms() {
        EXPECT_EQ(run_esb({"key", "new", folder / "k"}).status, exit_ok);
        folder.write("new.img", as_text(image));
        folder.write("old.img", as_text(old_image));
    }
    test::Ran sign(const std::vector<std::string>& more) const {
        std::vector<std::string> words{"sign", "--key", folder / "k", "--image", folder / "new.img", "--url",
                                       "http://h/new.img?v=2", "-o", folder / "e"};
        words.insert(words.end(), more.begin(), more.end());
        return run_esb(words);
    }
    std::string delta_file() const { return "new.img.from-" + hex_text(crypto::sha256(old_image)).substr(0, 8); }
};

TEST_F(SignedForms, lie_beside_the_image_and_in_the_manifest) {
    const auto ran = sign({"--pack", "--from", folder / "old.img"});
    ASSERT_EQ(ran.status, exit_ok) << ran.err;
    const auto packed = folder.read("new.img.z");
    const auto delta = folder.read(delta_file());
    EXPECT_LT(delta.size(), packed.size());
    EXPECT_LT(packed.size(), image.size());
    EXPECT_THAT(ran.out, HasSubstr("new.img.z: " + std::to_string(packed.size()) + " bytes, "));
    EXPECT_THAT(ran.out, HasSubstr(delta_file() + ": " + std::to_string(delta.size()) + " bytes, "));
    const auto forms = offered_forms(folder.read("e"));
    ASSERT_TRUE(forms);
    EXPECT_EQ(forms->image, image.size());
    EXPECT_EQ(forms->compressed, packed.size());
    ASSERT_EQ(forms->differences.size(), 1U);
    EXPECT_EQ(forms->differences[0].seq, 41U);
    EXPECT_EQ(forms->differences[0].bytes, delta.size());
}

TEST_F(SignedForms, are_the_same_bytes_each_time) {
    ASSERT_EQ(sign({"--pack", "--from", folder / "old.img"}).status, exit_ok);
    const auto packed = folder.read("new.img.z");
    const auto delta = folder.read(delta_file());
    const auto envelope = folder.read("e");
    ASSERT_EQ(sign({"--pack", "--from", folder / "old.img"}).status, exit_ok);
    EXPECT_EQ(folder.read("new.img.z"), packed);
    EXPECT_EQ(folder.read(delta_file()), delta);
    EXPECT_EQ(folder.read("e"), envelope);
}

TEST_F(SignedForms, are_what_a_device_reads) {
    UpdateRequest request;
    request.image = inspect_image(as_text(image)).value();
    request.urls = {"http://a/i.img", "http://b/i.img?x"};
    request.forms = make_forms(request.image, as_text(image), true, {folder / "old.img"}).value();
    const auto payload = update_payload(request);
    ASSERT_TRUE(payload) << payload.error().line;
    const auto read = esb::test::read_update(as_bytes(*payload));
    ASSERT_TRUE(read) << read.error().name();
    ASSERT_TRUE(read->forms.alone);
    EXPECT_EQ(read->urls.at(read->forms.alone->urls, 0), "http://a/i.img.z");
    EXPECT_EQ(read->urls.at(read->forms.alone->urls, 1), "http://b/i.img.z?x");
    ASSERT_EQ(read->forms.deltas.size(), 1U);
    EXPECT_EQ(read->forms.deltas[0].old_sha256, crypto::sha256(old_image));
    EXPECT_EQ(read->forms.deltas[0].old_size, old_image.size());
    EXPECT_EQ(read->forms.deltas[0].size, request.forms[1].file.bytes.size());
}

TEST_F(SignedForms, are_encrypted_with_the_image) {
    const auto ran = sign({"--pack", "--from", folder / "old.img", "--encrypt", folder / "new.enc", "--broker-trusted"});
    ASSERT_EQ(ran.status, exit_ok) << ran.err;
    ASSERT_EQ(sign({"--pack"}).status, exit_ok);
    const auto plain = folder.read("new.img.z");
    const auto encrypted = folder.read("new.enc.z");
    EXPECT_EQ(encrypted.size(), ota::encrypted_size(static_cast<std::uint32_t>(plain.size())));
    EXPECT_EQ(encrypted.find(plain.substr(100, 16)), std::string::npos);
}

TEST_F(SignedForms, of_images_that_do_not_go_together_are_refused) {
    folder.write("other.img", as_text(esb::test::image_like_code({.seq = 41, .app = "pump", .body = 900}, 1)));
    EXPECT_THAT(sign({"--from", folder / "other.img"}).err, HasSubstr("an image of pump"));
    EXPECT_THAT(sign({"--from", folder / "new.img"}).err, HasSubstr("is not below"));
    EXPECT_THAT(sign({"--from", folder / "none.img"}).err, HasSubstr("none.img"));
    EXPECT_THAT(sign({"--from", folder / "old.img", "--from", folder / "old.img"}).err, HasSubstr("there twice"));
    std::vector<std::string> many;
    for (std::size_t i = 0; i <= ota::max_deltas; ++i) many.insert(many.end(), {"--from", folder / "old.img"});
    EXPECT_THAT(sign(many).err, HasSubstr("at most 4"));
}

TEST(OfferedForms, are_told_in_words) {
    OfferedForms forms{.image = 1000, .compressed = 584, .differences = {{41, 26}}};
    EXPECT_EQ(text_of(forms), "1000 bytes; compressed 584 (58 %); from seq 41 26 (3 %)");
    EXPECT_EQ(will_fetch(forms, 41, true), "26 bytes, the difference from seq 41");
    EXPECT_EQ(will_fetch(forms, 40, true), "584 bytes, the image compressed");
    EXPECT_EQ(will_fetch(forms, 41, false), "1000 bytes, the whole image");
    forms.compressed.reset();
    EXPECT_EQ(will_fetch(forms, 40, true), "1000 bytes, the whole image");
}

TEST(OfferedForms, are_none_in_anything_else) {
    for (const auto* text : {"", "a.b", "a.b.c", "a.e30.c"}) EXPECT_FALSE(offered_forms(text)) << text;
}

}  // namespace
}  // namespace esb::cli
