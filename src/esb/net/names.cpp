#include "esb/net/names.hpp"

namespace esb::net {

Names::Names(Reactor& reactor, chip::Resolver& resolver) : reactor_(reactor), resolver_(resolver) {}

Names::~Names() {
    for (const auto& open : open_) resolver_.cancel(open.query);
    reactor_.remove(*this);
}

Status Names::ask(std::string_view host, Asker& asker) {
    if (host.size() > chip::max_host_name) return fail(errors::too_long);
    if (open_.full()) return fail(errors::full);
    ESB_TRY(reactor_.add(*this));
    const auto query = resolver_.resolve(host);
    if (!query) return fail(query.error());
    return open_.push_back({*query, &asker});
}

void Names::cancel(Asker& asker) {
    for (std::size_t i = open_.size(); i > 0; --i) {
        if (open_[i - 1].asker != &asker) continue;
        resolver_.cancel(open_[i - 1].query);
        open_.erase(i - 1);
    }
}

void Names::step(Instant) {
    while (!open_.empty()) {
        const auto answer = resolver_.next_answer();
        if (!answer) return;
        for (std::size_t i = 0; i < open_.size(); ++i) {
            if (open_[i].query != answer->query) continue;
            Asker& asker = *open_[i].asker;
            open_.erase(i);  // first: the asker may ask again from within
            asker.on_address(answer->address);
            break;
        }
    }
}

}  // namespace esb::net
