#include "host/cli/update_push.hpp"

#include "host/cli/files.hpp"
#include "host/cli/jws.hpp"
#include "host/cli/payloads.hpp"
#include "host/cli/secure_base.hpp"
#include "host/cli/signing_key.hpp"

namespace esb::cli {

Outcome<void> UpdatePush::start(const std::filesystem::path& image, const std::filesystem::path& key,
                                const std::string& identity) {
    const auto signing = SigningKey::load_pem(key);
    if (!signing) return failure("the update key " + key.string(), signing.error());
    UpdateRequest request;
    auto about = inspect_image_file(image);
    if (!about) return failure(image.string() + ": " + about.error().line);
    request.image = std::move(*about);
    const auto name = std::to_string(request.image.seq);
    const auto url = lab_.serve(image, name + ".img");
    if (!url) return std::unexpected(url.error());
    request.urls = {*url};
    const auto payload = update_payload(request);
    if (!payload) return std::unexpected(payload.error());
    const auto envelope = lab_.folder() / (name + ".jws");
    if (auto done = replace_file(envelope, sign_envelope(*signing, "esb-update", *payload) + '\n', 0600); !done)
        return done;

    screen_.line(update_source, request.image.ver + " (seq " + name + ") goes to " + identity);
    const Program program{{own_program().string(), "ota", identity, envelope.string(), "--broker-dir",
                           lab_.broker().string(), "--timeout", "120"}};
    const auto started = loop_.start(
        program, [this](std::string_view line) { screen_.line(update_source, line); },
        [this](int) { under_way_ = false; });
    if (!started) return std::unexpected(started.error());
    under_way_ = true;
    return {};
}

}  // namespace esb::cli
