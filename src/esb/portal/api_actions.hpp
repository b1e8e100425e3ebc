// What the page's POST requests do.
#pragma once

#include "esb/portal/answers.hpp"
#include "esb/portal/attempt.hpp"
#include "esb/portal/host.hpp"

namespace esb::portal {

class Actions {
public:
    Actions(Host& host, Attempt& attempt, Refusals& refusals) : host_(host), attempt_(attempt), refusals_(refusals) {}

    // A POST with its JSON body, which is one object.
    net::HttpReply run(std::string_view path, ConstBytes body);

private:
    using Action = net::HttpReply (Actions::*)(ConstBytes body);
    struct Route;

    net::HttpReply scan(ConstBytes body);
    net::HttpReply try_settings(ConstBytes body);
    net::HttpReply change_settings(ConstBytes body);
    net::HttpReply show_key(ConstBytes body);
    net::HttpReply make_request(ConstBytes body);
    net::HttpReply console_password(ConstBytes body);
    net::HttpReply say_of_update(ConstBytes body);
    net::HttpReply shown(ConstBytes body);
    net::HttpReply close(ConstBytes body);
    net::HttpReply restart(ConstBytes body);
    net::HttpReply factory_reset(ConstBytes body);

    Status read_change(ConstBytes body, settings::Patch& patch, FixedString<settings::name_max>& offending) const;
    Status propose(const settings::Patch& patch) { return patch.empty() ? Status() : host_.change(patch); }
    net::HttpReply answer(const Status& outcome, unsigned status = 200);

    Host& host_;
    Attempt& attempt_;
    Refusals& refusals_;
};

// The answer to a change of settings: {"on_trial":false}, and after a try which one it was.
std::size_t write_changed(std::uint32_t argument, MutBytes out);
std::size_t write_tried(std::uint32_t argument, MutBytes out);
// A request for a certificate of the device's own.
std::size_t write_request(Host& host, MutBytes out);
// Identity and key for the broker's account; portal_key_hidden when the device has been on line meanwhile.
std::size_t write_key(const Host& host, MutBytes out);

}  // namespace esb::portal
